"""URLs as people may see them: without a password that stands in the API's."""

from __future__ import annotations

import re
from typing import Any

_CREDENTIALS = re.compile(r"//[^/]*@")


def shown(url: object) -> str:
    """Give a URL as messages show it."""
    return _CREDENTIALS.sub("//***@", str(url))


def page(thing: Any) -> str | None:
    """Give the page of something that Prefect has, or None if it has no pages."""
    from prefect.utilities.urls import url_for

    found = url_for(thing)
    return _CREDENTIALS.sub("//", found) if found else None
