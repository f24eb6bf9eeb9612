"""Turns the figures into ``docs/performance.md``'s tables and their plot; measures nothing.

The text around the tables is the document's own: only what stands between the two marker lines
is written anew.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.overhead import SAME_AREA_PX

BEGIN, END = "<!-- figures: tests/bench/run.py -->", "<!-- end of figures -->"
PEAK_ROLES = {"ours": ("gimp", "plug-in", "worker"), "baseline": ("gimp", "baseline", "exporter")}
STAGES = (
    "start",
    "load",
    "mask",
    "read",
    "encode",
    "connect",
    "task",
    "decode",
    "fit",
    "insert",
    "other",
)
BASELINE_STAGES = ("merge", "export picture", "export mask", "upload", "download", "load")

Figures = dict[str, Any]


def key(figures: Figures) -> tuple[Any, ...]:
    """What a measurement is of; a new one replaces an older one of the same."""
    names = ("part", "way", "megapixels", "share", "area", "per_second")
    return tuple(figures.get(name) for name in names)


def write(figures: list[Figures], docs: Path) -> None:
    """Write the tables into performance.md, and the plot."""
    document = docs / "performance.md"
    before, _, rest = document.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    tables = "\n\n".join("\n".join(table) for table in _tables(figures))
    document.write_text(f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}", encoding="utf-8")
    print(tables)
    plot(figures, docs / "pictures" / "performance.png")


def median_and_spread(values: list[float]) -> str:
    """As in 1.23 (1.10 - 1.40), or the value alone where there is one."""
    middle = statistics.median(values)
    if len(values) == 1:
        return f"{middle:.2f} (one run)"
    return f"{middle:.2f} ({min(values):.2f} - {max(values):.2f})"


def find(figures: list[Figures], part: str, **wanted: Any) -> list[Figures]:
    """The measurements of a part that have these values."""
    of_part = [each for each in figures if each["part"] == part]
    return [each for each in of_part if wanted.items() <= each.items()]


def _tables(figures: list[Figures]) -> Iterator[list[str]]:
    yield list(_machine(figures))
    yield list(_ratio(figures))
    yield list(_grid(figures))
    yield list(_same_area(figures))
    yield list(_stages(figures))
    yield list(_others(figures))


def _machine(figures: list[Figures]) -> Iterator[str]:
    for each in find(figures, "machine"):
        loads = [one["load"] for one in figures if one["part"] != "machine"]
        yield (
            f"Measured {each['date']} at commit {each['commit']}: {each['cores']} cores of "
            f"{each['model']}, {each['memory_bytes'] / 2**30:.0f} GiB, GIMP in a window; load "
            f"average while measuring {min(loads):.1f} - {max(loads):.1f}."
        )


def _ratio(figures: list[Figures]) -> Iterator[str]:
    yield "Ours beside the way other plug-ins do it, 2 % selected; seconds, median (spread):\n"
    yield (
        "| MP | ours | others | others / ours | sent, ours | sent, others "
        "| peak RAM, ours | peak RAM, others |"
    )
    yield "|---:|---:|---:|---:|---:|---:|---:|---:|"
    for theirs in _sorted(find(figures, "overhead", way="baseline")):
        for ours in find(
            figures, "overhead", way="ours", share=0.02, megapixels=theirs["megapixels"]
        ):
            ratio = statistics.median(theirs["seconds"]) / statistics.median(ours["seconds"])
            yield (
                f"| {theirs['megapixels']:g} | {median_and_spread(ours['seconds'])} | "
                f"{median_and_spread(theirs['seconds'])} | {ratio:.0f} × | {_mb(ours)} | "
                f"{_mb(theirs)} | {_peaks(ours)} | {_peaks(theirs)} |"
            )


def _grid(figures: list[Figures]) -> Iterator[str]:
    yield "Ours, by picture and selection: seconds; MB sent; size of the layer:\n"
    shares = sorted(
        {each["share"] for each in find(figures, "overhead", way="ours") if "share" in each}
    )
    yield "| MP | " + " | ".join(f"{share:.1%}" for share in shares) + " |"
    yield "|---:" * (len(shares) + 1) + "|"
    sizes = sorted({each["megapixels"] for each in find(figures, "overhead", way="ours")})
    for size in sizes:
        cells = []
        for share in shares:
            found = find(figures, "overhead", way="ours", megapixels=size, share=share)
            cells.append(_cell(found[0]) if found else "not measured")
        yield f"| {size:g} | " + " | ".join(cells) + " |"


def _cell(ours: Figures) -> str:
    width, height = ours["layer"]
    return f"{median_and_spread(ours['seconds'])}; {_mb(ours)}; {width} × {height}"


def _same_area(figures: list[Figures]) -> Iterator[str]:
    yield f"Ours, the same {SAME_AREA_PX:,} pixels selected in pictures of every size; seconds:\n"
    yield "| MP | from a script | from the dialog's OK | of it GIMP's, inserting | sent |"
    yield "|---:|---:|---:|---:|---:|"
    for each in _sorted(find(figures, "overhead", way="ours", area=SAME_AREA_PX)):
        yield (
            f"| {each['megapixels']:g} | {median_and_spread(each['seconds'])} | "
            f"{median_and_spread(each['from_dialog_s'])} | "
            f"{median_and_spread(each['insertion_s'])} | {_mb(each)} |"
        )


def _stages(figures: list[Figures]) -> Iterator[str]:
    yield "Stages at 12 megapixels and 2 %, seconds (medians):\n"
    for way, names in (("ours", STAGES), ("baseline", BASELINE_STAGES)):
        for each in find(figures, "overhead", way=way, megapixels=12, share=0.02):
            stages = each["stages_s"]
            told = ", ".join(f"{name} {stages[name]:.2f}" for name in names if name in stages)
            yield f"- {'ours' if way == 'ours' else 'others'}: {told}"


def _others(figures: list[Figures]) -> Iterator[str]:
    for each in find(figures, "async"):
        yield (
            f"- From the service's end of a task (1 - 2 s) to the layer, at 2 requests a second: "
            f"{median_and_spread(each['delay_s'])} s, {statistics.mean(each['polls']):.1f} polls."
        )
    for each in find(figures, "startup"):
        cost_s = statistics.median(each["with_s"]) - statistics.median(each["without_s"])
        yield (
            f"- GIMP's start: {median_and_spread(each['without_s'])} s without the plug-in, "
            f"{median_and_spread(each['with_s'])} s with it ({1000 * cost_s:+.0f} ms); third-party "
            f"modules imported at query time: {', '.join(each['queried']) or 'none'}."
        )
        for temperature in ("cold", "warm"):
            greeted, loaded = zip(*each[f"{temperature}_s"], strict=True)
            yield (
                f"- Worker, {temperature}: greets after {median_and_spread(list(greeted))} s, "
                f"ready for a run after {median_and_spread(list(loaded))} s."
            )

    for each in find(figures, "batch"):
        ratio = statistics.median(each["seconds"]) / each["bound_s"]
        yield (
            f"- Batch of 20 images, 2 s a task, at {each['per_second']} requests a second: "
            f"{median_and_spread(each['seconds'])} s; least possible {each['bound_s']:.1f} s "
            f"({ratio:.2f} ×)."
        )
    for each in find(figures, "engine"):
        told = ", ".join(f"{px} px {share} % {s:.2f} s" for px, share, s in each["rows"])
        yield f"- Embedded engine, by the picture's side and the hole's share of it: {told}."


def _sorted(found: list[Figures]) -> list[Figures]:
    return sorted(found, key=lambda each: each["megapixels"])


def _mb(figures: Figures) -> str:
    return f"{figures['uploaded_bytes'] / 1e6:.1f} MB"


def _peaks(figures: Figures) -> str:
    peaks = figures["peak_bytes"]
    roles = PEAK_ROLES[figures["way"]]
    return " + ".join(f"{peaks.get(role, 0) / 1e6:.0f}" for role in roles) + " MB"


def plot(figures: list[Figures], path: Path) -> None:
    """Seconds over megapixels, both ways; without matplotlib there is none."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not there: no plot")
        return
    picture = Figure(figsize=(6, 3.6), layout="constrained")
    axes = picture.subplots()
    lines = (
        ("others, 2 % selected", {"way": "baseline", "share": 0.02}, "#b3541e"),
        ("ours, 2 % selected", {"way": "ours", "share": 0.02}, "#1e6fb3"),
        (f"ours, {SAME_AREA_PX:,} px selected", {"way": "ours", "area": SAME_AREA_PX}, "#7fb8e0"),
    )
    for label, wanted, colour in lines:
        found = _sorted(find(figures, "overhead", **wanted))
        middles = [statistics.median(each["seconds"]) for each in found]
        spans = [
            [middle - min(each["seconds"]) for each, middle in zip(found, middles, strict=True)],
            [max(each["seconds"]) - middle for each, middle in zip(found, middles, strict=True)],
        ]
        sizes = [each["megapixels"] for each in found]
        axes.errorbar(sizes, middles, yerr=spans, label=label, color=colour, marker="o", capsize=3)
    axes.set(xlabel="picture, megapixels", ylabel="seconds without the service", yscale="log")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    picture.savefig(path, dpi=110)
