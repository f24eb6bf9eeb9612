"""The worker process: one session over the pipe, from the selection to the patch.

Imports picture, service and engine, each only when needed; never gi.
"""
