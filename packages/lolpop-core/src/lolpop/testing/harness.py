"""What the rules have to know of an engine that only its plugin's author can say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lolpop.contract import Deployment, RunRef
from lolpop.testing.rule import NotGivenError


class Harness:
    """An engine that is ready to be tried. Subclass it, and say what the rules can't know.

    Attributes:
        config: The orchestrator's config, as it would stand in the YAML.
        patience: Seconds that the engine may take for anything that takes it some; the
            rules wait no longer for a run to start, end or be gone.
        settling: Seconds after which what the engine was going to do has begun: the rules wait
            that long to see that something does not happen.
        storage: The URL of the storage that the rules deploy with; a folder of their own if
            it is empty.
        folders: The folders, besides the storage, that the engine keeps deployments in; the
            rules look for secrets there.
        disposable: Whether the engine is thrown away afterwards: what the rules left running
            is ended all the same, but no deployment is removed.
    """

    config: Mapping[str, Any] = {}
    patience: float = 60.0
    settling: float = 3.0
    storage: str = ""
    folders: Sequence[Path] = ()
    disposable: bool = False

    def start_run(self, deployment: Deployment, parameters: Mapping[str, Any]) -> str:
        """Start a run in the engine's own way, not by `run`; give its id.

        Needed where the orchestrator declares `engine_runs`.
        """
        raise NotGivenError("how a run is started in the engine's own way: `start_run`")

    def rerun_failed(self, ref: RunRef) -> str:
        """Run what failed again, as the engine's page does; give the id of the run.

        Needed where the orchestrator declares `engine_reruns`.
        """
        raise NotGivenError("how the engine runs again what failed: `rerun_failed`")

    def units(self, ref: RunRef) -> list[str]:
        """Name the engine's units (tasks, ops) of a run, as lolpop's steps, in any order."""
        raise NotGivenError("which units the engine shows for a run: `units`")

    def log(self, ref: RunRef, step: str) -> str:
        """Give what the engine itself shows as the log of a step.

        Needed where the orchestrator declares `engine_logs`.
        """
        raise NotGivenError("what the engine's log of a step says: `log`")

    def leftovers(self, deployment: Deployment) -> list[str]:
        """Name what the engine still has of a deployment that is removed."""
        raise NotGivenError("what the engine still has of a deployment: `leftovers`")

    @contextmanager
    def away(self) -> Iterator[None]:
        """Take the engine away, and bring it back at the end with all that it knew."""
        raise NotGivenError("how the engine is taken away and brought back: `away`")
        yield

    def wrong_credentials(self) -> Mapping[str, Any] | None:
        """Give a config with credentials that the engine refuses; None if it has none."""
        raise NotGivenError("a config that the engine refuses: `wrong_credentials`")
