"""The plug-in's package, which GIMP's Python runs: standard library and gi only."""
