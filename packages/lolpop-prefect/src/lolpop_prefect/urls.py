"""URLs as people may see them: without a password that stands in the API's."""

from __future__ import annotations

import re
from uuid import UUID

_CREDENTIALS = re.compile(r"//[^/]*@")


def shown(url: object) -> str:
    """Give a URL as messages show it."""
    return _CREDENTIALS.sub("//***@", str(url))


def page(kind: str, thing_id: UUID) -> str | None:
    """Give the page of something that Prefect has, or None if the server has no pages.

    Args:
        kind: What it is, as Prefect's `url_for` calls it: `deployment`, `flow-run`, `task-run`.
        thing_id: Its id.
    """
    from prefect.utilities.urls import url_for

    found = url_for(kind, obj_id=thing_id)
    return _CREDENTIALS.sub("//", found) if found else None
