"""DAG files of ours: written at once or not at all, and read again."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from lolpop.contract import Deployment, DeploymentSpec, ScheduleState, from_json
from lolpop.errors import EngineError, LolpopError
from lolpop_airflow.generating import ACTIVE, EVER, FORMAT, HEADER, NAME, SUSPENDED
from lolpop_airflow.naming import dag_id_of, file_of

_SINCE = re.compile(r"^SINCE = .*\n", re.MULTILINE)
_WHY_SUSPENDED = "it was stopped: `lolpop deployment build` resumes it"
_ASIDE = ".removed"
"""What is put after a file's name while its DAG is removed: Airflow reads no such files."""

_UNFINISHED = "its removal isn't finished: `lolpop deployment remove` goes on"


@dataclass(frozen=True, slots=True)
class DagFile:
    """A DAG file of ours.

    Attributes:
        path: Where it is.
        text: What stands in it.
        facts: What its header says.
        spec: What was deployed.
    """

    path: Path
    text: str
    facts: dict[str, Any]
    spec: DeploymentSpec

    @property
    def dag_id(self) -> str:
        """The DAG's id."""
        return dag_id_of(self.spec.name)

    @property
    def aside(self) -> bool:
        """Whether Airflow can't see it any more, and its DAG is being removed."""
        return self.path.suffix == _ASIDE

    @property
    def place(self) -> Path:
        """Where Airflow reads it, or did."""
        return self.path.with_suffix("") if self.aside else self.path

    @property
    def revision(self) -> str:
        """What Airflow's page repeats when it has read exactly this file."""
        return str(self.facts["revision"])

    @property
    def suspended(self) -> bool:
        """Whether its schedule is taken out."""
        return SUSPENDED in self.text

    @property
    def stands(self) -> bool:
        """Whether it is still there as it was written."""
        try:
            return self.path.read_text("utf-8") == self.text
        except OSError:
            return False

    @property
    def plain(self) -> str:
        """What would stand in it if its schedule had been active since ever."""
        return _SINCE.sub(EVER, self.text.replace(SUSPENDED, ACTIVE, 1), count=1)

    def given(self, conf: Mapping[str, Any] | None) -> dict[str, Any]:
        """Give the parameters of a run: what it was started with, laid over the deployment's."""
        unsaid = self.facts.get("unsaid", ())
        found = {**self.spec.parameters, **(conf or {})}
        return {
            name: each for name, each in found.items() if each is not None or name not in unsaid
        }

    def deployment(self, url: str, problem: str | None) -> Deployment:
        """Tell of it in the contract's words."""
        state = ScheduleState.SUSPENDED if self.suspended else ScheduleState.ACTIVE
        scheduled = self.spec.schedule is not None
        return Deployment(
            orchestrator=NAME,
            name=self.spec.name,
            project=self.spec.project,
            package_digest=str(self.facts["package"]),
            deployment_digest=str(self.facts["deployment"]),
            storage=self.spec.storage,
            parameters=self.spec.parameters,
            engine_id=self.dag_id,
            url=f"{url}/dags/{self.dag_id}",
            schedule=self.spec.schedule,
            schedule_state=state if scheduled else None,
            schedule_reason=_WHY_SUSPENDED if scheduled and self.suspended else None,
            problem=_UNFINISHED if self.aside else problem,
            updated_at=datetime.fromtimestamp(self.path.stat().st_mtime, UTC),
        )


def path_of(folder: Path, name: str) -> Path:
    """Give the file of a deployment."""
    return folder / file_of(dag_id_of(name))


def aside_of(path: Path) -> Path:
    """Give the name under which a file waits until its DAG is removed."""
    return path.with_name(f"{path.name}{_ASIDE}")


def find(folder: Path, name: str) -> DagFile | None:
    """Find the file of a deployment, or what its unfinished removal has left of it."""
    path = path_of(folder, name)
    return read(path) or read(aside_of(path))


def read(path: Path) -> DagFile | None:
    """Read a file of ours; None if there is none, or it isn't ours."""
    try:
        text = path.read_text("utf-8")
        line = next(each for each in text.splitlines() if each.startswith(HEADER))
        facts = json.loads(line.removeprefix(HEADER))
        if facts["format"] > FORMAT:
            return None
        return DagFile(path, text, facts, from_json(DeploymentSpec, facts["spec"]))
    except (OSError, StopIteration, ValueError, KeyError, TypeError, LolpopError):
        return None


def every(folder: Path) -> Iterator[DagFile]:
    """Yield the files of ours in a folder, one a deployment."""
    for path in sorted([*folder.glob("lolpop_*.py"), *folder.glob(f"lolpop_*.py{_ASIDE}")]):
        found = read(path)
        if found is not None and not (found.aside and read(found.place)):
            yield found


def write(path: Path, text: str) -> DagFile:
    """Put a file in place of what was there, at once.

    Raises:
        EngineError: The folder or the disk doesn't let us; what was there is as it was.
    """
    draft = None
    try:
        handle, draft = mkstemp(prefix=".lolpop-", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    except OSError as error:
        if draft is not None:
            with suppress(OSError):
                Path(draft).unlink()
        raise _unwritable(path, error) from error
    found = read(path)
    assert found
    return found


def _unwritable(path: Path, error: OSError) -> EngineError:
    return EngineError(
        f"can't write the DAG file {str(path)!r}: {error.strerror}",
        hint="`dags_folder` in the orchestrator's config must be a folder you can write to",
    )


def set_aside(file: DagFile) -> DagFile:
    """Take a file out of Airflow's sight, but keep it: it says that its removal has begun.

    Raises:
        EngineError: The folder doesn't let us.
    """
    path = aside_of(file.place)
    try:
        with suppress(FileNotFoundError):  # somebody else removes it, too
            file.place.replace(path)
    except OSError as error:
        raise _unwritable(file.place, error) from error
    return replace(file, path=path)


def suspended(file: DagFile) -> DagFile:
    """Take a deployment's schedule out of its file, where it is still in there."""
    if file.suspended or file.aside:
        return file
    return write(file.path, file.text.replace(ACTIVE, SUSPENDED, 1))


def since_now(text: str) -> str:
    """Let a schedule begin now: Airflow would make up for the last time before."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return text.replace(EVER, f"SINCE = {now!r}\n", 1)
