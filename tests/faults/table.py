"""The table of faults as a page of Markdown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.faults.catalogue import Fault
from tests.faults.trial import Outcome

HEAD = """# Faults

What a person reads, what was sent and what was lost when the service, the way to it or this
machine misbehaves. Made by `FAULTS_WRITE=1 python -m pytest tests/faults`; a test fails when it
is stale. The client and the journal are the real ones; the service is a scripted one on this
machine (`hostile.py`) around the local server.

*POSTs* are create requests of which a first byte was sent; *tasks* are those the service made and
may bill. "Recovered later" means: after the error, `recover` brought the right picture. *In GIMP*
is what the image was after the same fault in real GIMPs, 3.0 and 3.2 (`test_every_fault.py`):
"unchanged" is every pixel, layer, mask, channel, path, the selection and the dirty flag. Without an
entry: what GIMP does not ask for (base64), and what is of the disk, the clock or a kill, which
`tests/gimp/test_killed.py` meets at twenty moments.

"""


IN_GIMP = Path(__file__).with_name("in_gimp.json")


def table(faults: Sequence[Fault], outcomes: dict[str, Outcome]) -> str:
    """The page: totals, then one row a fault."""
    in_gimp = json.loads(IN_GIMP.read_text(encoding="utf-8"))
    lines = ["| fault | what the user reads | POSTs | tasks | lost? | handed over | in GIMP |"]
    lines.append("|---|---|---|---|---|---|---|")
    for fault in faults:
        found = {record[fault.name] for record in in_gimp.values() if fault.name in record}
        lines.append(_row(fault, outcomes[fault.name], " / ".join(sorted(found)) or "-"))
    return HEAD + _totals(outcomes) + "\n".join(lines) + "\n"


def _row(fault: Fault, outcome: Outcome, in_gimp: str) -> str:
    reads = "(the picture)" if outcome.ends == "picture" else outcome.reads
    numbers = (outcome.posts, outcome.tasks)
    cells = (fault.name, reads, *numbers, outcome.lost, outcome.handed_over, in_gimp)
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _totals(outcomes: dict[str, Outcome]) -> str:
    every = outcomes.values()
    lost = sum(outcome.lost == "YES" for outcome in every)
    ambiguous = [outcome for outcome in every if outcome.ends == "MaybeSent"]
    repeated = sum(outcome.posts > 1 for outcome in ambiguous)
    return (
        f"{len(outcomes)} faults; tasks lost whose id had arrived: {lost}; POSTs repeated after "
        f"an ambiguous failure: {repeated} of {len(ambiguous)}.\n\n"
    )
