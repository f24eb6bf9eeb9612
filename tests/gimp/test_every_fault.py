"""Every fault a person can meet in GIMP: a sentence and the image as it was, or the layer.

The faults are those of ``tests/faults``; what came of them here is a column of its table, kept in
``in_gimp.json`` and written anew by ``FAULTS_WRITE=1``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.catalogue import FAULTS, PICTURE
from tests.faults.trial import normal, reaching, serving
from tests.gimp.conftest import start_gimp
from tools.private_debian.root import SUITES

RECORD = Path(__file__).parents[1] / "faults" / "in_gimp.json"
TABLE = RECORD.with_name("README.md")
PATIENCE = {"connect_s": 1, "answer_s": 5, "download_s": 5, "per_second": 100}
"""As short as the settings allow."""

NOT_HERE = ("this machine: ", "cancel: ", "killed: ", "create: 429 with Retry-After of a day")
"""Faults of the disk, the clock and the process (test_killed has those that GIMP can have), and
one that here ends in the layer, since it is asked again after half a minute."""

GIMPS_EACH = 2
"""Of each version; a fault takes two seconds, and one of them is waiting."""

RUN = """
image = tools.new_image(64, 48)
layer = tools.add_layer(image, "photo", 64, 48, pixels=tools.flat_quadrants(64, 48))
tools.select(image, 20, 8, 12, 8)
image.clean_all()
before = tools.fingerprint(image)
status, values, error = tools.remove(image, [layer], service="picwish", extent="layer")
after = tools.fingerprint(image)
added = [each.get_name() for each in image.get_layers()][:-1]
filled = None
if added:
    new = image.get_layers()[0]
    _, x, y = new.get_offsets()
    at = 4 * ((8 - y) * new.get_width() + 20 - x)
    filled = list(tools.read(new)[at:at + 4])
    after["layers"].pop(0)
result = {
    "status": status, "reads": error, "added": added, "filled": filled,
    "unchanged": after == before, "dirty": image.is_dirty(),
}
image.delete()
"""


def met_in_gimp(fault) -> bool:
    """Whether a person can meet it here: GIMP's removals ask for an address, asynchronously."""
    return not fault.options and not fault.name.startswith(NOT_HERE)


@pytest.fixture(scope="module")
def runs(tmp_path_factory, service):
    """What the GIMPs make of the faults: all at work at once, for most of it is waiting."""
    tmp_path_factory.getbasetemp()  # made here, since two threads would both make it
    met = [fault for fault in FAULTS if met_in_gimp(fault)]
    with ThreadPoolExecutor() as aside:
        yield {
            suite: [
                aside.submit(meet_all, met[part::GIMPS_EACH], suite, tmp_path_factory, service)
                for part in range(GIMPS_EACH)
            ]
            for suite in SUITES
        }


@pytest.fixture(scope="module", params=SUITES, ids=[f"gimp-{v}" for v in SUITES.values()])
def suite(request) -> str:
    """The Debian suite, hence the GIMP."""
    return request.param


@pytest.fixture(scope="module")
def outcomes(suite, runs) -> dict[str, dict]:
    """What came of each fault."""
    return {name: met for run in runs[suite] for name, met in run.result().items()}


@pytest.fixture(scope="module")
def sentences() -> dict[str, str]:
    """What the table says that people read."""
    rows = re.findall(r"^\| (.+?) \| (.+?) \| \d+ \| \d+ \|", TABLE.read_text("utf-8"), re.M)
    return dict(rows)


def meet_all(faults, suite, tmp_path_factory, service) -> dict[str, dict]:
    """The faults one after the other in one GIMP, whose settings name each fault's service."""
    gimp = start_gimp(suite, tmp_path_factory, service, lambda _: ({}, {"PICWISH_BASE_URL": ""}))
    try:
        return {fault.name: meet(gimp, fault) for fault in faults}
    finally:
        gimp.close()


def meet(gimp, fault) -> dict:
    with serving(fault) as server, reaching(fault, server) as way:
        set_up(gimp.home, task_s=60 if fault.ends == PICTURE else 5, **way)
        try:
            outcome = gimp.run(RUN)
        finally:
            forget(gimp.home)
        outcome["tasks"] = server.tasks_created
    print(f"{gimp.version}, {fault.name}: {outcome['status']}", flush=True)
    outcome["reads"] = normal(outcome["reads"], gimp.home)
    return outcome


def set_up(home: Path, *, address: str, proxy: str | None, task_s: float) -> None:
    values = {"region": "other", "address": address, "task_s": task_s, **PATIENCE}
    values["proxy"] = {None: "system", "": "none"}.get(proxy, proxy)
    folder = home / ".config" / "gimp-object-removal"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.json").write_text(json.dumps(values))


def forget(home: Path) -> None:
    """What one fault leaves must not be met by the next."""
    for folder in (".local/share/gimp-object-removal/journal", ".config/gimp-object-removal"):
        shutil.rmtree(home / folder, ignore_errors=True)


def test_it_ends_in_the_layer_or_changes_nothing(outcomes):
    wrong = {}
    for fault in FAULTS:
        if met_in_gimp(fault):
            found = outcomes[fault.name]
            good = fault.ends == PICTURE
            expected = {
                "status": "success" if good else "execution-error",
                "added": ["Object removed"] if good else [],
                "filled": [20, 8, 77, 255] if good else None,
                "unchanged": True,
                "dirty": good,
                "tasks": fault.tasks,
            }
            if {name: found[name] for name in expected} != expected:
                wrong[fault.name] = found
    assert wrong == {}


def test_it_is_told_in_the_table_s_words(outcomes, sentences):
    numbers = re.compile(r"\d+(\.\d+)? seconds|within [\d.]+")
    wrong = {}
    for name, found in outcomes.items():
        expected = sentences[name] if found["status"] != "success" else ""
        if numbers.sub("", found["reads"]) != numbers.sub(
            "", expected.replace("(the picture)", "")
        ):
            wrong[name] = (found["reads"], expected)
    assert wrong == {}


def test_the_table_s_column_is_that_of_this_run(suite, outcomes):
    record = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    found = {
        name: "the layer" if outcome["added"] else "unchanged" for name, outcome in outcomes.items()
    }
    if os.environ.get("FAULTS_WRITE"):
        record[SUITES[suite]] = found
        RECORD.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    assert record[SUITES[suite]] == found, "run it with FAULTS_WRITE=1"
