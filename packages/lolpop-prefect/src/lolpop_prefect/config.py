"""What the orchestrator can be told in the YAML."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

import lolpop

Kind = Literal["runner", "pipeline", "component"]


class PrefectConfig(lolpop.Config):
    """Where Prefect is, where runs go, and how calls show there.

    Attributes:
        api_url: The URL of Prefect's API; that of the profile or the environment without it.
        api_key: The key for Prefect Cloud, best as `${env:NAME}`.
        auth_string: `user:password` for a server that asks for it, best as `${env:NAME}`.
        profile: The Prefect profile whose settings are used instead of the active one's.
        work_pool: The work pool that deployments are made on.
        work_queue: The queue in it; its default one without it.
        create_work_pool: Whether a work pool that is missing is made, for process workers.
        shared_filesystem: Whether the workers see this host's folders under the same paths.
        nested_tasks: Whether calls beneath a deployed step show as tasks beneath its task.
        flow_integration: The kinds whose methods start a flow run where none is active.
        task_integration: The kinds whose methods show as tasks within a flow run.
        flow_kwargs: Further arguments of Prefect's `flow`, for `lolpop run workflow`.
        task_kwargs: Further arguments of Prefect's `task`, for `lolpop run workflow`.
    """

    api_url: str | None = None
    api_key: str | None = None
    auth_string: str | None = None
    profile: str | None = None
    work_pool: str = "default"
    work_queue: str | None = None
    create_work_pool: bool = False
    shared_filesystem: bool = False
    nested_tasks: bool = False
    flow_integration: tuple[Kind, ...] = ("runner",)
    task_integration: tuple[Kind, ...] = ("runner", "pipeline", "component")
    flow_kwargs: dict[str, Any] = Field(default_factory=dict)
    task_kwargs: dict[str, Any] = Field(default_factory=dict)


NOT_FOR_STEPS = frozenset(PrefectConfig.model_fields) - {"task_integration"}
"""What the process of a step has from its run's instead, or has no use for."""
