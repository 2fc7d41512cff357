"""The code location: every deployment in a folder, as a job built from its file alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg

from lolpop.errors import LolpopError
from lolpop_dagster.building import broken_job, job_of
from lolpop_dagster.jobfile import REPOSITORY, Folder, JobFile
from lolpop_dagster.scheduling import schedule_of


def repository_of(folder: Path) -> dg.RepositoryDefinition:
    """Give the repository of a folder; a run's process builds its own job alone."""
    jobs: dict[str, Callable[[], dg.JobDefinition]] = {}
    schedules: dict[str, dg.ScheduleDefinition] = {}
    for entry in Folder(folder).every():
        try:
            schedules |= _schedule(entry.file)
            jobs[entry.job] = _job(entry.job, entry.revision, entry.file)
        except Exception as error:
            jobs[entry.job] = _broken(entry.job, error)

    def listed() -> dict[str, Any]:
        return {"jobs": jobs, "schedules": schedules}

    made: Any = dg.repository(name=REPOSITORY, description="Deployments of lolpop.")(listed)
    repository: dg.RepositoryDefinition = made
    return repository


def _schedule(file: JobFile | LolpopError) -> dict[str, dg.ScheduleDefinition]:
    """Give the schedule of a deployment by its name, if it has one; broken ones have none."""
    if isinstance(file, LolpopError):
        raise file
    return {file.schedule: schedule_of(file)} if file.spec.schedule else {}


def _job(name: str, revision: str, file: JobFile | LolpopError) -> Callable[[], dg.JobDefinition]:
    def build() -> dg.JobDefinition:
        assert isinstance(file, JobFile)
        try:
            return job_of(file, revision)
        except Exception as error:  # whatever it is, it mustn't take the others down
            return _broken(name, error)()

    return build


def _broken(name: str, error: Exception) -> Callable[[], dg.JobDefinition]:
    said = str(error).strip()
    reason = said if isinstance(error, LolpopError) else f"{type(error).__name__}: {said}"
    return lambda: broken_job(name, reason)
