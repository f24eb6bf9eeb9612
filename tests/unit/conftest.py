"""Of all unit tests: hypothesis judges what they find, never how long a busy machine takes."""

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
