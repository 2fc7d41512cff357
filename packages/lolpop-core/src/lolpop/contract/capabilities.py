"""What an orchestrator can do: a closed list, and what its absence means."""

from __future__ import annotations

from enum import Enum
from functools import cache


class Capability(Enum):
    """One thing that an orchestrator may declare; what isn't declared is unsupported.

    A workflow that needs more than its orchestrator declares is refused by `plan`, unless
    the member says what happens without it.
    """

    DECORATION = "decoration"
    """`lolpop run workflow` shows in the engine what it calls, through `decorate`."""

    DECORATES_INSIDE_STEPS = "decorates_inside_steps"
    """Calls beneath a deployed step are decorated too: the plugin is added to the step's
    environment. Without it a step's object tree is built without the orchestrator."""

    DEPLOYMENTS = "deployments"
    """Workflows can be deployed: `plan`, `deploy`, `run`, `stop`, `status`, `runs`,
    `deployments` and `remove` are implemented. Without it only `lolpop run workflow`
    works."""

    ENGINE_SERVICE = "engine_service"
    """The engine is a service of its own, reached over a network or through its files, which
    may be away. Without it there is nothing that could be."""

    ENGINE_LOGS = "engine_logs"
    """The engine keeps what steps print, and `logs` reads it from there. Without it `logs`
    isn't implemented, and the step records alone hold the output."""

    GROUPS = "groups"
    """The engine's own view shows groups of steps as groups. Without it the steps stand
    side by side, with their group in their labels where the engine has labels."""

    PARALLEL_STEPS = "parallel_steps"
    """With `order: data`, steps that don't need each other run at the same time. Without it
    they run one after the other, in program order, with the same outputs."""

    RETRIES = "retries"
    """The engine itself runs a failed step again, after a delay, and shows each attempt."""

    ENGINE_TIMEOUTS = "engine_timeouts"
    """The engine itself ends a step that runs too long. Without it the step command does,
    from the time-out that it is given."""

    SCHEDULES = "schedules"
    """A deployment may have a schedule, which `stop` suspends. It fires, or the deployment
    shows it as inactive with what would make it fire; missed times are never made up for."""

    CONCURRENCY = "concurrency"
    """The number of runs of a deployment that are active at once can be limited."""

    OVERLAP_SKIP = "overlap_skip"
    """A run beyond the limit is not started: it ends at once as cancelled, with the reason."""

    OVERLAP_QUEUE = "overlap_queue"
    """A run beyond the limit waits until another one is over."""

    ENGINE_RUNS = "engine_runs"
    """A run started in the engine's own way (its page, its command line, its API) works like
    one started by `run`. Without it the engine has no such way."""

    ENGINE_RERUNS = "engine_reruns"
    """Running a failed step or run again from the engine's own page works, and continues
    from what had succeeded. Without it the engine has no such button."""

    REDEPLOY_DURING_RUNS = "redeploy_during_runs"
    """A run that is active when its deployment is updated finishes with the graph and the
    package it started with. Without it, deploying another graph is refused while runs are
    active."""

    @property
    def meaning(self) -> str:
        """The member's documentation on one line, as it stands in this module."""
        return _meanings()[self.name]


@cache
def _meanings() -> dict[str, str]:
    # Read from the source, so that editors and users of `meaning` see one and the same text.
    import ast
    import inspect
    from itertools import pairwise

    tree = ast.parse(inspect.getsource(Capability)).body[0]
    assert isinstance(tree, ast.ClassDef)
    return {
        ast.unparse(member.targets[0]): " ".join(ast.literal_eval(text.value).split())
        for member, text in pairwise(tree.body)
        if isinstance(member, ast.Assign) and isinstance(text, ast.Expr)
    }
