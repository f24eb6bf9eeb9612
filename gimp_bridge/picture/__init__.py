"""Arrays: window, mask, codec and patch.  numpy and Pillow; no network, no files, no gi."""
