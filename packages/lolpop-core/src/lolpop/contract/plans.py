"""What a deployment would do, and why it can't."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from lolpop.contract.capabilities import Capability
from lolpop.contract.deployments import Deployment


class ActionKind(Enum):
    """What is done to something in the engine."""

    CREATE = "create"
    """It doesn't exist and will."""

    UPDATE = "update"
    """It exists and will be different, in place."""

    DELETE = "delete"
    """It exists and will not."""

    RESUME = "resume"
    """It is suspended and will not be."""


@dataclass(frozen=True, slots=True)
class Action:
    """One change that `deploy` would make.

    Attributes:
        kind: What is done.
        target: To what, in the words that the engine's users know: 'work pool lab'.
        detail: What changes or why, in a few words, or None if that goes without saying.
    """

    kind: ActionKind
    target: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why this can't be deployed as it is.

    Attributes:
        reason: What can't be honoured and why, lower case, no full stop.
        hint: What to do about it, or None.
        capability: The capability that the orchestrator lacks, or None if the cause is
            another one.
    """

    reason: str
    hint: str | None = None
    capability: Capability | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What `deploy` would do now. It is true exactly if nothing is refused.

    Attributes:
        deployment: The name of the deployment.
        deployment_digest: The digest that it would have.
        actions: The changes in order; empty if the engine already has exactly this.
        refusals: Everything that stands against it; `deploy` isn't called if there is any.
        notes: What the person should know though it isn't refused; one sentence each.
    """

    deployment: str
    deployment_digest: str
    actions: tuple[Action, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def towards(cls, wanted: Deployment, there: Deployment | None) -> Plan:
        """Plan to make or change a deployment as one thing, or nothing if it is there already.

        Args:
            wanted: What the engine shall have.
            there: What it has under that name, or None.
        """
        kind = ActionKind.CREATE if there is None else ActionKind.UPDATE
        actions = (Action(kind, f"deployment {wanted.name}"),)
        same = there is not None and there.deployment_digest == wanted.deployment_digest
        return cls(
            deployment=wanted.name,
            deployment_digest=wanted.deployment_digest,
            actions=() if same else actions,
        )

    @property
    def ok(self) -> bool:
        """Whether nothing is refused."""
        return not self.refusals

    def __bool__(self) -> bool:
        return self.ok
