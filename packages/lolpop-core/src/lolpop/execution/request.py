"""What the step command is told, and the one function that makes its argument list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lolpop.contract import RunRef

SUCCEEDED = 0
FAILED = 1
FATAL = 64
REFUSED = 65
TIMED_OUT = 124


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One attempt of one step.

    Attributes:
        storage: The absolute URL of the storage.
        package: The digest of the deployed package; the one that the run pinned wins.
        ref: The run.
        step: The step's name in the graph.
        engine_attempt: The engine's own count of the attempt, brought to start at 0.
        parameters: Values for the run's parameters, JSON types.
        timeout: Seconds that the attempt may take, or None for no limit.
        decorate: The orchestrator's name and config, if it decorates inside of steps: a file
            as `decorating.decoration` writes it, or the same as JSON; else None.
        parent_run: The run whose outputs a rerun with an id of its own goes on from.
    """

    storage: str
    package: str
    ref: RunRef
    step: str
    engine_attempt: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    timeout: float | None = None
    decorate: str | None = None
    parent_run: str | None = None


def command(request: Request, python: str, parameters: str = "-") -> list[str]:
    """Make the argument list of the step command.

    Args:
        request: The attempt; its parameters aren't among the arguments.
        python: The absolute path of the interpreter.
        parameters: The file that holds the run's parameters as JSON, or `-` for standard
            input.
    """
    ref = request.ref
    arguments = {
        "--storage": request.storage,
        "--package": request.package,
        "--orchestrator": ref.orchestrator,
        "--deployment": ref.deployment,
        "--run": ref.run_id,
        "--step": request.step,
        "--attempt": str(request.engine_attempt),
        "--parameters": parameters,
        "--timeout": None if request.timeout is None else f"{request.timeout:g}",
        "--decorate": request.decorate,
        "--parent-run": request.parent_run,
    }
    # `--name=value`, so that a value that starts with a dash stays a value.
    given = [f"{name}={value}" for name, value in arguments.items() if value is not None]
    # A module of the project, in the working folder, must not hide one that lolpop needs.
    return [python, "-P", "-m", "lolpop.execution", "run", *given]
