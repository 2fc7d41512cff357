"""Jobs as Dagster's webserver has them, and their schedules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lolpop.contract import ScheduleState
from lolpop_dagster import jobfile
from lolpop_dagster.api import Api
from lolpop_dagster.jobfile import REPOSITORY, JobFile

_ERROR = "... on PythonError { message errorChain { error { message } } }"
_JOB = """
fragment Job on Pipeline {
  name description tags { key value }
  schedules { name scheduleState { id status } }
}
"""
_ONE = (
    """
query One($job: PipelineSelector!) { pipelineOrError(params: $job) {
  __typename ... on Pipeline { ...Job } ... on PythonError { message }
} }
"""
    + _JOB
)
_ALL = (
    """
query All($repository: RepositorySelector!) { repositoryOrError(repositorySelector: $repository) {
  __typename ... on Repository { pipelines { ...Job } }
  ... on PythonError { message }
} }
"""
    + _JOB
)
_START = f"""
mutation Start($schedule: ScheduleSelector!) {{ startSchedule(scheduleSelector: $schedule) {{
  __typename {_ERROR}
}} }}
"""
_STOP = f"mutation Stop($id: String!) {{ stopRunningSchedule(id: $id) {{ __typename {_ERROR} }} }}"
_SUSPENDED = "it was stopped: `lolpop deployment build` resumes it"


@dataclass(frozen=True, slots=True)
class Seen:
    """A job as the webserver has it.

    Attributes:
        revision: The revision of the file that it was built from; empty if it is broken.
        description: What it says of itself, or why it is broken.
        schedule_id: The id of its schedule's state, or None without a schedule.
        fires: Whether the schedule is on.
    """

    revision: str
    description: str
    schedule_id: str | None
    fires: bool

    @classmethod
    def read(cls, job: Mapping[str, Any]) -> Seen:
        """Read the webserver's answer."""
        tags = {tag["key"]: tag["value"] for tag in job["tags"]}
        state = next((each["scheduleState"] for each in job["schedules"]), None)
        return cls(
            tags.get(jobfile.REVISION, ""),
            job["description"] or "",
            state["id"] if state else None,
            bool(state and state["status"] == "RUNNING"),
        )


class Jobs:
    """The jobs of lolpop's code location.

    Args:
        api: The webserver.
        location: How the code location is called.
    """

    def __init__(self, api: Api, location: str) -> None:
        self.api = api
        self._repository = {"repositoryName": REPOSITORY, "repositoryLocationName": location}

    def selector(self, job: str) -> dict[str, str]:
        """Name a job to the webserver."""
        return {**self._repository, "pipelineName": job}

    def seen(self, job: str) -> Seen | None:
        """Give a job as the webserver has it, or None."""
        found = self.api.ask(_ONE, job=self.selector(job))["pipelineOrError"]
        return Seen.read(found) if found["__typename"] == "Pipeline" else None

    def every(self) -> dict[str, Seen]:
        """Give all jobs by their names; none if the location isn't loaded."""
        found = self.api.ask(_ALL, repository=self._repository)["repositoryOrError"]
        return {job["name"]: Seen.read(job) for job in found.get("pipelines", ())}

    def resume(self, file: JobFile, seen: Seen) -> None:
        """Let a deployment's schedule start runs, if it has one that doesn't."""
        if file.spec.schedule and not seen.fires:
            schedule = {**self._repository, "scheduleName": file.schedule}
            self.api.one(_START, "ScheduleStateResult", schedule=schedule)

    def suspend(self, job: str) -> bool:
        """Let a deployment's schedule start nothing; False if it has none."""
        seen = self.seen(job)
        if seen is None or seen.schedule_id is None:
            return False
        if seen.fires:
            self.api.one(_STOP, "ScheduleStateResult", id=seen.schedule_id)
        return True


def firing(
    file: JobFile, seen: Seen | None, scheduler: str | None
) -> tuple[ScheduleState | None, str | None]:
    """Say whether a deployment's schedule starts runs, and why not.

    Args:
        file: The deployment's file.
        seen: Its job as the webserver has it, or None.
        scheduler: Why no schedule fires, or None.
    """
    if file.spec.schedule is None:
        return None, None
    if seen is not None and seen.schedule_id and not seen.fires:
        return ScheduleState.SUSPENDED, _SUSPENDED
    if scheduler:
        return ScheduleState.INACTIVE, scheduler
    return ScheduleState.ACTIVE, None
