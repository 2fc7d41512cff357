"""The options that every orchestrator takes; a plugin's own models subclass these.

They are filled from the orchestrator's config, overlaid by an option of the command:

- `package`: `config.package`, `--packaging-kwargs`;
- `plan` and `deploy`: `config.build`, `--deployment-kwargs`;
- `run`: `config.run`, `--run-kwargs`;
- `stop`: `config.stop`, `--stop-kwargs`;
- `remove`: `config.remove`.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from lolpop.contract.durations import Seconds


class Options(BaseModel):
    """The base of all options: unknown keys are refused, values don't change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PackageOptions(Options):
    """Options of `package`; there are none that every orchestrator takes."""


class PlanOptions(Options):
    """Options of `plan`, which the core takes over from those of `deploy`.

    Attributes:
        take_over: Whether a deployment that another project made may be replaced.
        wait_for_runs: Whether `deploy` would wait for active runs instead of being refused.
    """

    take_over: bool = False
    wait_for_runs: bool = False


class DeployOptions(Options):
    """Options of `deploy`.

    Attributes:
        take_over: Whether a deployment that another project made may be replaced.
        wait_for_runs: Whether to wait for active runs where the engine would otherwise
            switch them to another graph.
    """

    take_over: bool = False
    wait_for_runs: bool = False


class RunOptions(Options):
    """Options of `run`.

    Attributes:
        take_over: Whether a deployment that another project made may be run.
        idempotency_key: A word that the caller chose for this run: asking again with the
            same one gives the same run. None for a new run each time.
    """

    take_over: bool = False
    idempotency_key: str | None = Field(default=None, min_length=1)


class StopOptions(Options):
    """Options of `stop`.

    Attributes:
        timeout: Seconds until all must be gone.
        take_over: Whether a deployment that another project made may be stopped.
    """

    timeout: Seconds = Field(default=90.0, gt=0)
    take_over: bool = False


class RemoveOptions(Options):
    """Options of `remove`.

    Attributes:
        timeout: Seconds until all runs must be gone.
        take_over: Whether a deployment that another project made may be removed.
    """

    timeout: Seconds = Field(default=90.0, gt=0)
    take_over: bool = False
