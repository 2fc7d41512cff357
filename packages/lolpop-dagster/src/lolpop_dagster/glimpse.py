"""What a deployment's file says that can't be read as a whole, such as a newer format's."""

from __future__ import annotations

import json
from typing import Any

from lolpop.contract import Deployment
from lolpop.errors import LolpopError
from lolpop_dagster.jobfile import NAME, Entry
from lolpop_dagster.naming import job_of


def glimpsed(entry: Entry) -> Deployment | None:
    """Tell of a deployment from the few words that name it and its owner, if they are there."""
    words = _words(entry.content)
    if not isinstance(entry.file, LolpopError) or not all(isinstance(word, str) for word in words):
        return None
    name, project, storage, package = words
    if job_of(name) != entry.job:
        return None
    return Deployment(
        orchestrator=NAME,
        name=name,
        project=project,
        package_digest=package,
        deployment_digest="",
        storage=storage,
        engine_id=entry.job,
        problem=f"its file can't be read: {entry.file.message}",
    )


def _words(content: bytes) -> list[Any]:
    try:
        data = json.loads(content)
        spec = data["spec"]
        return [spec["name"], spec["project"], spec["storage"], data["package"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return [None]
