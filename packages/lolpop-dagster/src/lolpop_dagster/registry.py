"""Deployments as Dagster's webserver has them: loaded, seen, told in the contract's words."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime

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

UNREADABLE = (
    "upgrade lolpop-dagster, if a newer one wrote it; else delete that file, and the deployment is"
    " gone: `lolpop deployment build` makes it anew"
)
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
        if before is not None:
            self.parsed(name, before)  # what can't be read isn't ours to replace
        content = jobfile.content_of(file)
        folder.write(name, content)
        try:
            self._wait(file, content)
        except BaseException:
            self._restore(name, content, before)
            raise

    def _wait(self, file: JobFile, content: bytes) -> None:
        revision = jobfile.revision_of(content)
        began = time.monotonic()
        self.location.reload()
        while (found := self.jobs.seen(file.job)) is None or found.revision != revision:
            self._refuse_others(file.spec.name, content)
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

    def _refuse_others(self, name: str, ours: bytes | None) -> None:
        """Refuse to wait for what isn't there any more.

        Args:
            name: The deployment's name.
            ours: The content that was written, or None if the file was taken away.
        """
        now = self.workspace.deployments.read(name)
        if now != ours:
            verb = "removed" if now is None else "deployed"
            raise EngineError(
                f"somebody else {verb} {name!r} meanwhile",
                hint="`lolpop deployment list` says what is there now",
            )

    def _restore(self, name: str, ours: bytes | None, before: bytes | None) -> None:
        folder = self.workspace.deployments
        with suppress(LolpopError):  # what went wrong before is what is told
            if folder.read(name) != ours:
                return  # it is somebody else's by now
            if before is None:
                folder.delete(name)
            else:
                folder.write(name, before)
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
            self._wait_until_gone(name)
        except BaseException:
            self._restore(name, None, before)
            raise

    def _wait_until_gone(self, name: str) -> None:
        job = job_of(name)
        deadline = time.monotonic() + self.patience
        self.location.reload()
        while self.jobs.seen(job) is not None:
            self._refuse_others(name, None)
            if time.monotonic() > deadline:
                raise EngineError(f"Dagster still has job {job!r}, whose file was taken away")
            time.sleep(_POLL)

    def suspend(self, file: JobFile) -> bool:
        """Let a deployment's schedule start nothing; False if it has none.

        Raises:
            EngineError: The webserver doesn't have its job, and so can't: the daemon may.
        """
        if file.spec.schedule and self.jobs.seen(file.job) is None:
            self.location.reload()
            if self.jobs.seen(file.job) is None:
                raise EngineError(
                    f"Dagster at {self.api.url!r} hasn't loaded job {file.job!r}",
                    hint="`lolpop deployment build` loads it again; then stop it",
                )
        return self.jobs.suspend(file.job)

    def content(self, name: str) -> bytes:
        """Give what stands in a deployment's file.

        Raises:
            NotFoundError: There is none of that name.
        """
        folder = self.workspace.deployments
        content = folder.read(name)
        if content is None:
            found = (entry.file for entry in folder.every())
            names = [file.spec.name for file in found if isinstance(file, JobFile)]
            raise NotFoundError(
                f"no deployment {name!r} on Dagster; there is {', '.join(names) or 'none'}",
                hint="`lolpop deployment build` makes one",
            )
        return content

    def demanded(self, name: str) -> JobFile:
        """Read a deployment's file.

        Raises:
            NotFoundError: There is none of that name.
            EngineError: It can't be read.
        """
        return self.parsed(name, self.content(name))

    def parsed(self, name: str, content: bytes) -> JobFile:
        """Read what stands in a deployment's file.

        Raises:
            EngineError: It can't be read.
        """
        try:
            return jobfile.parse_as(job_of(name), content)
        except LolpopError as error:
            path = self.workspace.deployments.file_of(name)
            raise EngineError(
                f"the file {str(path)!r} of deployment {name!r} can't be read: {error.message}",
                hint=UNREADABLE,
            ) from error

    def told(self, file: JobFile, seen: Seen | None, scheduler: str | None) -> Deployment:
        """Tell of a deployment in the contract's words.

        Args:
            file: Its file.
            seen: Its job as the webserver has it, or None.
            scheduler: Why no schedule fires, or None.
        """
        made = file.spec.deployed(NAME, file.package)
        state, reason = firing(file, seen, scheduler)
        values = {
            "engine_id": file.job,
            "url": f"{self.api.url}/locations/{self.workspace.location}/jobs/{file.job}",
            "schedule_state": state,
            "schedule_reason": reason,
            "problem": self._problem(seen),
            "updated_at": self._written(file.spec.name),
        }
        return Deployment(**{**{name: getattr(made, name) for name in _KEPT}, **values})

    def _written(self, name: str) -> datetime | None:
        with suppress(OSError):  # it may have been removed meanwhile
            seconds = self.workspace.deployments.file_of(name).stat().st_mtime
            return datetime.fromtimestamp(seconds, UTC)
        return None

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
