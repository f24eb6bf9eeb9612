"""Part 3: many images at once, against the least time that the service's pace allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.bench.bench_gimp import bench_gimp
from tests.bench.echo_service import echo_service

PROCEDURE = "plug-in-object-removal-batch"


def measure(suite: str, home: Path, say: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """Nothing as long as the plug-in has no batch procedure."""
    with echo_service(2.0) as service, bench_gimp(suite, home, service.address, say) as gimp:
        code = "result = Gimp.get_pdb().procedure_exists(name)"
        if not gimp.session.run(code, name=PROCEDURE):
            say(f"there is no {PROCEDURE} yet: not measured")
            return
    yield from ()
