"""Deployments as Dagster's webserver has them: loaded, seen, told in the contract's words."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime, timezone

from lolpop.contract import Deployment
from lolpop.errors import EngineError, LolpopError, NotFoundError
from lolpop_dagster import daemons, jobfile
from lolpop_dagster.api import Api
from lolpop_dagster.jobfile import NAME, JobFile
from lolpop_dagster.jobs import Jobs, Seen, firing
from lolpop_dagster.naming import job_of
from lolpop_dagster.serving import Location
from lolpop_dagster.workspace import Workspace

_POLL = 0.25

_ELSEWHERE = 10.0
"""Seconds in which a webserver that has the files under other paths sees what was written."""


class Registry:
    """What the webserver has of lolpop's code location.

    Args:
        api: The webserver.
        workspace: The workspace file that is lolpop's.
        patience: Seconds that loading the location may take.

    Attributes:
        location: The location as a whole.
        jobs: The jobs in it.
    """

    def __init__(self, api: Api, workspace: Workspace, patience: float) -> None:
        self.api = api
        self.workspace = workspace
        self.location = Location(api, workspace, patience)
        self.jobs = Jobs(api, workspace.location)
        self.patience = patience

    def put(self, file: JobFile) -> None:
        """Write a deployment's file and wait until the webserver has its job; all or nothing.

        Raises:
            EngineError: The webserver doesn't have it in time, or calls it broken.
        """
        self.location.expect()
        self.workspace.make()
        name, folder = file.spec.name, self.workspace.deployments
        before = folder.read(name)
        content = jobfile.content_of(file)
        folder.write(name, content)
        try:
            self._wait(file, jobfile.revision_of(content))
        except BaseException:
            self._restore(name, before)
            raise

    def _wait(self, file: JobFile, revision: str) -> None:
        self.location.reload()
        began = time.monotonic()
        while (found := self.jobs.seen(file.job)) is None or found.revision != revision:
            if found is not None and not found.revision:
                raise EngineError(f"Dagster can't take the deployment: {found.description}")
            waited = time.monotonic() - began
            if waited > min(self.patience, _ELSEWHERE):
                self.location.refuse_another()
            if waited > self.patience:
                raise EngineError(
                    f"Dagster at {self.api.url!r} hasn't loaded job {file.job!r} from"
                    f" {str(self.workspace.deployments.path)!r} in {self.patience:g} s",
                    hint="see that the webserver's host sees this folder",
                )
            time.sleep(_POLL)
        self.jobs.resume(file, found)

    def _restore(self, name: str, before: bytes | None) -> None:
        folder = self.workspace.deployments
        if before is None:
            folder.delete(name)
        else:
            folder.write(name, before)
        with suppress(LolpopError):  # what went wrong before is what is told
            self.location.reloaded()

    def take(self, name: str) -> None:
        """Take a deployment away, and wait until the webserver has no job of it; or leave it.

        Raises:
            EngineError: The webserver has it all the same.
        """
        folder = self.workspace.deployments
        before = folder.read(name)
        self.jobs.suspend(job_of(name))
        folder.delete(name)
        try:
            self._wait_until_gone(job_of(name))
        except BaseException:
            self._restore(name, before)
            raise

    def _wait_until_gone(self, job: str) -> None:
        deadline = time.monotonic() + self.patience
        self.location.reload()
        while self.jobs.seen(job) is not None:
            if time.monotonic() > deadline:
                raise EngineError(f"Dagster still has job {job!r}, whose file was taken away")
            time.sleep(_POLL)

    def demanded(self, name: str) -> JobFile:
        """Read a deployment's file.

        Raises:
            NotFoundError: There is none of that name.
        """
        folder = self.workspace.deployments
        content = folder.read(name)
        if content is None:
            found = (file for _, _, file in folder.every())
            names = [file.spec.name for file in found if isinstance(file, JobFile)]
            raise NotFoundError(
                f"no deployment {name!r} on Dagster; there is {', '.join(names) or 'none'}",
                hint="`lolpop deployment build` makes one",
            )
        return jobfile.parse(content)

    def told(self, file: JobFile, seen: Seen | None, scheduler: str | None) -> Deployment:
        """Tell of a deployment in the contract's words.

        Args:
            file: Its file.
            seen: Its job as the webserver has it, or None.
            scheduler: Why no schedule fires, or None.
        """
        made = file.spec.deployed(NAME, file.package)
        state, reason = firing(file, seen, scheduler)
        written = self.workspace.deployments.file_of(file.spec.name).stat().st_mtime
        values = {
            "engine_id": file.job,
            "url": f"{self.api.url}/locations/{self.workspace.location}/jobs/{file.job}",
            "schedule_state": state,
            "schedule_reason": reason,
            "problem": self._problem(seen),
            "updated_at": datetime.fromtimestamp(written, timezone.utc),
        }
        return Deployment(**{**{name: getattr(made, name) for name in _KEPT}, **values})

    def _problem(self, seen: Seen | None) -> str | None:
        if seen is not None and seen.revision:
            return None
        if seen is not None:
            return seen.description
        return (
            self.location.trouble() or "the webserver hasn't loaded it: `lolpop deployment build`"
        )

    def scheduler(self) -> str | None:
        """Say why no schedule fires, if the daemon doesn't run."""
        return daemons.trouble(self.api, daemons.SCHEDULER)


_KEPT = (
    "orchestrator",
    "name",
    "project",
    "package_digest",
    "deployment_digest",
    "storage",
    "parameters",
    "schedule",
)
