"""What the orchestrator can be told in the YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

import lolpop

Place = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]
"""A place on this host; a relative path starts at the project's folder."""

Kind = Literal["runner", "pipeline", "component"]


class DagsterConfig(lolpop.Config):
    """Where Dagster is, where deployments are kept, and how their steps run.

    Attributes:
        url: The URL of the Dagster webserver.
        headers: Further headers of each request, for a webserver behind a proxy that asks for
            them; best as `${env:NAME}`.
        workspace: The workspace file that lolpop writes; the webserver and the daemon are started
            with it beside the user's own. Deploying needs it.
        location: How the code location in it is called.
        executor: The executor of deployed jobs: `in_process`, `multiprocess`, or one in Python as
            `module:attribute`; without it `in_process`, and `multiprocess` with `order: data`.
        executor_config: That executor's config.
        tags: Further tags of the jobs and their runs.
        patience: Seconds that the webserver may take to load the code location.
        shared_filesystem: Whether Dagster's host sees this host's folders under the same paths.
        dagster_home: The instance that `lolpop run workflow` is recorded in; without it that of
            `DAGSTER_HOME`, and without that none is kept.
        tracked: The kinds whose calls show as events of that run.
        materialize_from: The bytes from which on an output shows as a materialization; tables,
            models and files always do.
    """

    url: str = "http://127.0.0.1:3000"
    headers: dict[str, str] = Field(default_factory=dict)
    workspace: Place | None = None
    location: str = Field(default="lolpop", pattern=r"^[A-Za-z0-9_.-]+$")
    executor: str | None = Field(default=None, pattern=r"^(in_process|multiprocess|[\w.]+:[\w.]+)$")
    executor_config: dict[str, Any] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)
    patience: lolpop.Seconds = Field(default=120.0, gt=0)
    shared_filesystem: bool = False
    dagster_home: Place | None = None
    tracked: tuple[Kind, ...] = ("runner", "pipeline", "component")
    materialize_from: int = Field(default=1_000_000, ge=0)
