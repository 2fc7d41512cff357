"""The values that the core and orchestrators hand each other.

All are frozen, hashable and can be written as JSON. The options come as pydantic models,
which are imported when first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lolpop.contract.capabilities import Capability
from lolpop.contract.deployments import (
    Deployment,
    DeploymentSpec,
    Overlap,
    Removed,
    Schedule,
    ScheduleState,
    StepSettings,
)
from lolpop.contract.graph import Collapse, Edge, Granularity, Group, Order, Step, StepGraph
from lolpop.contract.packages import (
    Environment,
    LockedDistribution,
    Manifest,
    Package,
    PackageFile,
)
from lolpop.contract.plans import Action, ActionKind, Plan, Refusal
from lolpop.contract.runs import (
    AttemptStatus,
    LogLine,
    LogStream,
    Run,
    RunRef,
    RunState,
    RunStatus,
    StatusSource,
    StepState,
    StepStatus,
    Stopped,
)
from lolpop.contract.serial import SCHEMA_VERSION, canonical_json, from_json, to_json
from lolpop.contract.workflow import Workflow

if TYPE_CHECKING:
    from lolpop.contract.options import (
        DeployOptions,
        Options,
        PackageOptions,
        PlanOptions,
        RemoveOptions,
        RunOptions,
        StopOptions,
    )

__all__ = [
    "SCHEMA_VERSION",
    "Action",
    "ActionKind",
    "AttemptStatus",
    "Capability",
    "Collapse",
    "DeployOptions",
    "Deployment",
    "DeploymentSpec",
    "Edge",
    "Environment",
    "Granularity",
    "Group",
    "LockedDistribution",
    "LogLine",
    "LogStream",
    "Manifest",
    "Options",
    "Order",
    "Overlap",
    "Package",
    "PackageFile",
    "PackageOptions",
    "Plan",
    "PlanOptions",
    "Refusal",
    "RemoveOptions",
    "Removed",
    "Run",
    "RunOptions",
    "RunRef",
    "RunState",
    "RunStatus",
    "Schedule",
    "ScheduleState",
    "StatusSource",
    "Step",
    "StepGraph",
    "StepSettings",
    "StepState",
    "StepStatus",
    "StopOptions",
    "Stopped",
    "Workflow",
    "canonical_json",
    "from_json",
    "to_json",
]


def __getattr__(name: str) -> Any:
    if name in __all__ and name.endswith("Options"):
        from lolpop.contract import options

        return getattr(options, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
