"""Setting up: finding every GIMP, the worker's environment, install, check, repair, uninstall.

Standard library only, so that any Python can run it.
"""
