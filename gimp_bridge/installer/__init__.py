"""Setting up: GIMP profiles, the worker's environment, private GIMPs.  Standard library only."""
