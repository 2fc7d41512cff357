"""Work pools, and whether anybody takes runs from them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from lolpop.contract import Action, ActionKind, Refusal

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import WorkPool

    from lolpop_prefect.config import PrefectConfig

PROCESS = "process"


def find(client: SyncPrefectClient, name: str) -> WorkPool | None:
    """Find a work pool."""
    from prefect.exceptions import ObjectNotFound

    try:
        return client.read_work_pool(name)
    except ObjectNotFound:
        return None


def make(client: SyncPrefectClient, name: str) -> None:
    """Make a work pool for process workers."""
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    try:
        client.create_work_pool(WorkPoolCreate(name=name, type=PROCESS, base_job_template=template))
    except ObjectAlreadyExists:
        return


def creation(pool: WorkPool | None, config: PrefectConfig) -> list[Action]:
    """Say that the work pool will be made, if it will."""
    if pool is None and config.create_work_pool:
        return [Action(ActionKind.CREATE, f"work pool {config.work_pool}")]
    return []


def refusals(pool: WorkPool | None, config: PrefectConfig) -> list[Refusal]:
    """Say what stands against a work pool."""
    name = config.work_pool
    if pool is None and not config.create_work_pool:
        return [
            Refusal(
                f"Prefect has no work pool {name!r}",
                f"{_creation(name)}; or say create_work_pool: true in the orchestrator's config",
            )
        ]
    if pool is not None and pool.type != PROCESS:
        return [
            Refusal(
                f"work pool {name!r} is of type {pool.type!r}, whose workers don't run here",
                "name one of type 'process' as work_pool in the orchestrator's config",
            )
        ]
    return []


def _creation(name: str) -> str:
    return f"prefect work-pool create {shlex.quote(name)} --type process"


def trouble(client: SyncPrefectClient, name: str) -> str | None:
    """Say why nobody takes runs from a work pool, and what to do; None if somebody does."""
    pool = find(client, name)
    if pool is None:
        return f"its work pool {name!r} is gone: {_creation(name)}"
    if pool.is_paused:
        return f"work pool {name!r} is paused: prefect work-pool resume {shlex.quote(name)}"
    workers = client.read_workers_for_work_pool(name)
    if any(getattr(worker.status, "value", worker.status) == "ONLINE" for worker in workers):
        return None
    start = f"prefect worker start --pool {shlex.quote(name)}"
    return f"no worker takes runs from work pool {name!r}: start one with `{start}`"
