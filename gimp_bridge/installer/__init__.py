"""Setting up: GIMP profiles, the worker's environment, private GIMPs.

Standard library only, so that any Python can run it; but ``worker_checks`` and ``forget_keys``,
which the worker's own Python runs, import its packages once they are started.
"""
