"""The `lolpop` command of this environment, called as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from lolpop.contract import RunState

T = TypeVar("T")
_POLL = 0.2


@dataclass
class Command:
    """The command in a project's folder.

    Attributes:
        folder: The folder.
        variables: Laid over the environment of the tests.
        hidden: A part of the names of variables that the command doesn't see, such as those
            that name an engine of the user's own.
    """

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    hidden: str | None = field(default=None, kw_only=True)

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call it, whatever becomes of it."""
        seen = os.environ.items()
        kept = {key: text for key, text in seen if self.hidden is None or self.hidden not in key}
        return subprocess.run(
            [Path(sys.executable).with_name("lolpop"), *words],
            cwd=self.folder,
            env={**kept, **self.variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def said(self, *words: str, code: int = 0) -> str:
        """Call it, and give what it says on both streams.

        Raises:
            AssertionError: It ends with another exit code; the message is what it says.
        """
        done = self.call(*words)
        if done.returncode != code:
            raise AssertionError(f"exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def json(self, *words: str, code: int = 0) -> Any:
        """Call it with `--output json`, and give what that holds.

        Raises:
            AssertionError: It ends with another exit code; the message is what it says.
        """
        done = self.call(*words, "--output", "json")
        if done.returncode != code:
            raise AssertionError(f"exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout or done.stderr)

    def until(
        self, ask: Callable[[], T], enough: Callable[[T], object] = bool, seconds: float = 120
    ) -> T:
        """Ask again and again, until an answer is enough; by default, one that isn't empty.

        Raises:
            AssertionError: There is none after so many seconds; the message is the last answer.
        """
        deadline = time.monotonic() + seconds
        while not enough(found := ask()):
            if time.monotonic() > deadline:
                raise AssertionError(f"after {seconds:g} seconds still {found!r}")
            time.sleep(_POLL)
        return found

    def ended(self, run_id: str, seconds: float = 120) -> Any:
        """Wait until a run is over, and give what `deployment status` tells of it.

        Raises:
            AssertionError: It isn't over after so many seconds; the message is its status.
        """
        words = "deployment", "status", "--run", run_id
        return self.until(lambda: self.json(*words), _is_over, seconds)


def _is_over(told: Mapping[str, Any]) -> bool:
    return RunState(told["run"]["state"]).is_over
