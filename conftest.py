"""What holds for all tests: how fast a machine is decides over none of them."""

from __future__ import annotations

from contextlib import suppress

with suppress(ImportError):  # what is published is tested without it
    from hypothesis import settings

    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")
