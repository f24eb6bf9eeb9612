"""Arrays: window, mask, codec and patch.  numpy, scipy and Pillow; no network, no files, no gi."""
