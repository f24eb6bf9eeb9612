"""Everything between GIMP and the removal service: the pipe, the worker, the pictures.

Nothing below this package imports gi.  ``gimp_bridge.wire`` is the one module that the
plug-in inside GIMP imports, so this file must stay free of imports.
"""

__version__ = "0.1.0"
