"""The embedded engine ("This computer"): fills a hole from its surroundings, no network, no key.

Runs in the worker.  Importing this module is cheap: numba is imported, and the inner loops are
compiled or read from their cache, by the first ``fill`` or by ``warm_up``.  Method, sources and
limits: docs/engine.md.
"""

from __future__ import annotations

from gimp_bridge.engine.filling import fill, use_cache, warm_up

__all__ = ["fill", "use_cache", "warm_up"]
