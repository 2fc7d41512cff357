"""Where else a deployment stands: on orchestrators that it was moved away from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lolpop.deploying.engine import Engine
from lolpop.errors import listing
from lolpop.storage import deployed
from lolpop.storage.deployed import Use


def elsewhere(used: Engine, name: str | None = None) -> list[Use]:
    """List this project's deployments on other orchestrators, as the storage notes them.

    Args:
        used: The orchestrator that isn't meant, and the storage.
        name: The deployment's name, or None for all of them.
    """
    here = (used.name, used.lifecycle.orchestrator.address)
    found = {
        (use.orchestrator, use.address, use.deployment): use
        for use in sorted(deployed.noted(used.store), key=lambda use: use.fires)
        if (use.orchestrator, use.address) != here and name in (None, use.deployment)
    }
    return [use for _, use in sorted(found.items(), key=str) if _is_ours(used, use)]


def _is_ours(used: Engine, use: Use) -> bool:
    return use.spec is None or use.spec.project == used.project


def warnings_elsewhere(used: Engine, name: str) -> Iterator[str]:
    """Say where else a deployment stands, and whether its schedule fires there."""
    if damaged := deployed.read(used.store)[1]:
        yield f"where else {name!r} stands isn't fully known: {listing(damaged)} can't be read"
    for use in elsewhere(used, name):
        schedule = use.spec.schedule if use.spec and use.fires else None
        fires = f", and its schedule {schedule.cron!r} fires there" if schedule else ""
        yield (
            f"{use.deployment!r} also stands on {use.place}{fires}:"
            f" `lolpop deployment remove {use.deployment} --deployer {use.orchestrator}`"
            " takes it away"
        )


def suspend_notes(used: Engine, name: str) -> None:
    """Note that a deployment's schedule doesn't fire any more."""
    address = used.lifecycle.orchestrator.address
    for use in deployed.noted(used.store):
        here = (use.orchestrator, use.address, use.deployment) == (used.name, address, name)
        if here and use.fires:
            deployed.note(used.store, replace(use, fires=False))
