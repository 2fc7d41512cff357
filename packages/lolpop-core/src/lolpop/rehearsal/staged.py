"""The run as steps: each in a process and a working folder of its own, as it is deployed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lolpop.contract import RunRef, from_json, to_json
from lolpop.execution.processes import VARIABLE
from lolpop.execution.request import Request, command
from lolpop.execution.session import cache_of
from lolpop.execution.work import Outcome
from lolpop.rehearsal.trial import Trial
from lolpop.storage import Store
from lolpop.storage.records import Runs

NAME = "rehearsal"


@dataclass(frozen=True, slots=True)
class Played:
    """What a step gave.

    Attributes:
        output: The digest of its output, or None if it failed.
        error: Its error as `Type: message`, or empty.
        log: What it printed.
    """

    output: str | None
    error: str = ""
    log: str = ""


class Stage:
    """Makes the steps of one run of a package.

    Args:
        store: The storage, a folder of this machine; the package is in there.
        package: The package's digest.
        parameters: The run's parameters.
        environ: The environment of the steps.
        folder: The project folder, which messages name in place of working folders.
    """

    def __init__(
        self,
        store: Store,
        package: str,
        parameters: Mapping[str, Any],
        environ: Mapping[str, str],
        folder: Path,
    ) -> None:
        self._store = store
        self._environ = {key: value for key, value in environ.items() if key != VARIABLE}
        self._folder = folder
        self._request = Request(
            storage=store.url,
            package=package,
            ref=RunRef(NAME, NAME, NAME),
            step="",
            parameters=parameters,
        )

    def play(self, step: str) -> Played:
        """Make a step by the step command, and keep its record."""
        request = replace(self._request, step=step)
        done = self._run(command(request, sys.executable), json.dumps(request.parameters))
        record = Runs(self._store).find(request.ref)
        attempts = record.attempts(step) if record else []
        if not attempts or (closing := attempts[-1].closing) is None:
            return Played(None, done.stderr.strip().rpartition("\n")[2], done.stderr)
        log = attempts[-1].read_log().decode("utf-8", "replace")
        output = closing.output.digest if closing.output else None
        return Played(output, self._named(closing.error or ""), self._named(log))

    def attempt(
        self, step: str, files: Sequence[str] = (), seed: int | None = None, hash_seed: int = 0
    ) -> Played:
        """Make a step once more under other circumstances; no record is kept.

        Args:
            step: The step.
            files: Files of the project folder that it shall find besides those packaged.
            seed: A seed for the usual random generators, or None to leave them.
            hash_seed: The seed of Python's hashes, on which the order of sets depends.
        """
        trial = Trial(replace(self._request, step=step), str(self._folder), tuple(files), seed)
        words = [sys.executable, "-P", "-m", "lolpop.rehearsal.trial"]
        done = self._run(words, json.dumps(to_json(trial)), PYTHONHASHSEED=str(hash_seed))
        last = done.stdout.rpartition("\n")[2]
        outcome = from_json(Outcome, json.loads(last)) if last.startswith("{") else Outcome(code=1)
        return Played(outcome.output.digest if outcome.output else None, outcome.error or "")

    def size(self, files: Iterable[str]) -> int:
        """Give the bytes that files of the project folder have in all."""
        paths = [self._folder / name for name in files]
        return sum(path.stat().st_size for path in paths if path.is_file())

    def _run(
        self, words: Sequence[str], given: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            input=given,
            capture_output=True,
            text=True,
            errors="replace",
            env={**self._environ, **variables},
            check=False,
        )

    def _named(self, text: str) -> str:
        """Write the project folder in place of a step's own copy of it."""
        room = re.escape(str(cache_of(self._store) / "work"))
        return re.sub(rf"{room}/[^/\s'\"]+", lambda _: str(self._folder), text)
