"""Deployments as Dagster's webserver has them: loaded, seen, told in the contract's words."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime, timezone

from lolpop.contract import Deployment
from lolpop.errors import EngineError, LolpopError, NotFoundError
from lolpop_dagster import daemons, jobfile
from lolpop_dagster.api import Api, said
from lolpop_dagster.jobfile import NAME, JobFile
from lolpop_dagster.jobs import Jobs, Seen, firing
from lolpop_dagster.naming import job_of
from lolpop_dagster.workspace import Workspace

_POLL = 0.25

_ERROR = "... on PythonError { message errorChain { error { message } } }"
_LOCATION = f"""
query Location($name: String!) {{ workspaceLocationEntryOrError(name: $name) {{
  __typename ... on WorkspaceLocationEntry {{
    loadStatus locationOrLoadError {{ __typename {_ERROR} }} }} {_ERROR}
}} }}
"""
_RELOAD = f"""
mutation Reload($name: String!) {{ reloadRepositoryLocation(repositoryLocationName: $name) {{
  __typename {_ERROR}
}} }}
"""


class Registry:
    """What the webserver has of lolpop's code location.

    Args:
        api: The webserver.
        workspace: The workspace file that is lolpop's.
        patience: Seconds that loading the location may take.

    Attributes:
        jobs: The jobs in it.
    """

    def __init__(self, api: Api, workspace: Workspace, patience: float) -> None:
        self.api = api
        self.workspace = workspace
        self.jobs = Jobs(api, workspace.location)
        self.patience = patience

    def trouble(self) -> str | None:
        """Say why the location isn't loaded; None if it is."""
        entry = self.api.ask(_LOCATION, name=self.workspace.location)[
            "workspaceLocationEntryOrError"
        ]
        if entry is None:
            return "the webserver doesn't know it"
        found = entry.get("locationOrLoadError") or entry
        return said(found) if found["__typename"] == "PythonError" else None

    def reload(self) -> None:
        """Let the webserver load the location anew.

        Raises:
            EngineError: It doesn't know the location, or can't load it.
        """
        location = self.workspace.location
        answer = self._reloaded()
        if answer == "RepositoryLocationNotFound":
            raise self._unknown()
        if answer != "WorkspaceLocationEntry":
            raise EngineError(f"Dagster at {self.api.url!r} doesn't load {location!r}: {answer}")
        if trouble := self.trouble():
            raise EngineError(
                f"Dagster at {self.api.url!r} can't load the code location {location!r}: {trouble}",
                hint=f"the Python that {str(self.workspace.path)!r} names must have lolpop-dagster;"
                " delete that file to have it written anew",
            )

    def _reloaded(self) -> str:
        found = self.api.ask(_RELOAD, self.patience, name=self.workspace.location)
        answer = found["reloadRepositoryLocation"]
        word = answer["__typename"]
        return said(answer) if word == "PythonError" else str(word)

    def _unknown(self) -> EngineError:
        path = self.workspace.path
        return EngineError(
            f"Dagster at {self.api.url!r} has no code location {self.workspace.location!r}",
            hint=f"start it with lolpop's workspace file beside yours: `dagster-webserver -w"
            f" workspace.yaml -w {path}`, and `dagster-daemon run` with the same two"
            + ("" if path.exists() else f"; `python -m lolpop_dagster {path}` makes the file"),
        )

    def put(self, file: JobFile) -> None:
        """Write a deployment's file and wait until the webserver has its job; all or nothing.

        Raises:
            EngineError: The webserver doesn't have it in time, or calls it broken.
        """
        self.refuse_unknown()
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

    def refuse_unknown(self) -> None:
        """Refuse a webserver that isn't started with the workspace file.

        Raises:
            EngineError: It isn't.
        """
        entry = self.api.ask(_LOCATION, name=self.workspace.location)
        if entry["workspaceLocationEntryOrError"] is None:
            raise self._unknown()

    def _wait(self, file: JobFile, revision: str) -> None:
        deadline = time.monotonic() + self.patience
        self.reload()
        while (found := self.jobs.seen(file.job)) is None or found.revision != revision:
            if found is not None and not found.revision:
                raise EngineError(f"Dagster can't take the deployment: {found.description}")
            if time.monotonic() > deadline:
                raise EngineError(
                    f"Dagster at {self.api.url!r} hasn't loaded job {file.job!r} from"
                    f" {str(self.workspace.deployments.path)!r} in {self.patience:g} s",
                    hint="see that the webserver was started with this workspace file, and not"
                    " with another one",
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
            self._reloaded()

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
        self.reload()
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
        return self.trouble() or "the webserver hasn't loaded it: `lolpop deployment build`"

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
