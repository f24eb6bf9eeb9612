"""The table of faults as a page of Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from tests.faults.catalogue import Fault
from tests.faults.trial import Outcome

HEAD = """# Faults

What a person reads, what was sent and what was lost when the service, the way to it or this
machine misbehaves. Made by `FAULTS_WRITE=1 python -m pytest tests/faults`; a test fails when it
is stale. The client and the journal are the real ones; the service is a scripted one on this
machine (`hostile.py`) around the local server.

*POSTs* are create requests of which a first byte was sent; *tasks* are those the service made and
may bill. "Recovered later" means: after the error, `recover` brought the right picture.

"""


def table(faults: Sequence[Fault], outcomes: dict[str, Outcome]) -> str:
    """The page: totals, then one row a fault."""
    lines = ["| fault | what the user reads | POSTs | tasks | lost? | handed over |"]
    lines.append("|---|---|---|---|---|---|")
    lines += [_row(fault, outcomes[fault.name]) for fault in faults]
    return HEAD + _totals(outcomes) + "\n".join(lines) + "\n"


def _row(fault: Fault, outcome: Outcome) -> str:
    reads = "(the picture)" if outcome.ends == "picture" else outcome.reads
    cells = (fault.name, reads, outcome.posts, outcome.tasks, outcome.lost, outcome.handed_over)
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
