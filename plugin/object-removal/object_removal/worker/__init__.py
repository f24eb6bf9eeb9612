"""Launching the helper process and talking to it."""
