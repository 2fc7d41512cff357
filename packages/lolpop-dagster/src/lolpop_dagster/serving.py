"""The code location as the webserver has it: known, loaded, and made from which file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lolpop.errors import EngineError
from lolpop_dagster.api import Api, said
from lolpop_dagster.workspace import Workspace

_ERROR = "... on PythonError { message errorChain { error { message } } }"
_LOCATION = f"""
query Location($name: String!) {{ workspaceLocationEntryOrError(name: $name) {{
  __typename ... on WorkspaceLocationEntry {{
    displayMetadata {{ key value }} locationOrLoadError {{ __typename {_ERROR} }} }} {_ERROR}
}} }}
"""
_RELOAD = f"""
mutation Reload($name: String!) {{ reloadRepositoryLocation(repositoryLocationName: $name) {{
  __typename {_ERROR}
}} }}
"""


class Location:
    """lolpop's code location on a webserver.

    Args:
        api: The webserver.
        workspace: The workspace file that is lolpop's.
        patience: Seconds that loading the location may take.
    """

    def __init__(self, api: Api, workspace: Workspace, patience: float) -> None:
        self.api = api
        self.workspace = workspace
        self.patience = patience

    @property
    def name(self) -> str:
        """How it is called."""
        return self.workspace.location

    def trouble(self) -> str | None:
        """Say why it isn't loaded; None if it is."""
        entry = self._entry()
        if entry is None:
            return "the webserver doesn't know it"
        found = entry.get("locationOrLoadError") or entry
        return said(found) if found["__typename"] == "PythonError" else None

    def _entry(self) -> Any:
        return self.api.ask(_LOCATION, name=self.name)["workspaceLocationEntryOrError"]

    def reload(self) -> None:
        """Let the webserver load it anew.

        Raises:
            EngineError: It doesn't know the location, or can't load it.
        """
        answer = self.reloaded()
        if answer == "RepositoryLocationNotFound":
            raise self._unknown()
        if answer != "WorkspaceLocationEntry":
            raise EngineError(f"Dagster at {self.api.url!r} doesn't load {self.name!r}: {answer}")
        if trouble := self.trouble():
            raise EngineError(
                f"Dagster at {self.api.url!r} can't load the code location {self.name!r}:"
                f" {trouble}",
                hint=f"the Python that {str(self.workspace.path)!r} names must have lolpop-dagster;"
                f" to name another one, delete that file, let `{self.workspace.command}` make it"
                " with that Python, and start the webserver and the daemon anew: they keep what"
                " they have read",
            )

    def reloaded(self) -> str:
        """Let the webserver load it anew; give what it says, whatever that is."""
        found = self.api.ask(_RELOAD, self.patience, name=self.name)
        answer = found["reloadRepositoryLocation"]
        word = answer["__typename"]
        return said(answer) if word == "PythonError" else str(word)

    def expect(self) -> None:
        """Refuse a webserver that wasn't started with the workspace file, before it is made.

        Raises:
            EngineError: It wasn't.
        """
        entry = self._entry()
        if self.workspace.is_made:
            self.workspace.refuse_other_location()
        if entry is None:
            raise self._unknown()
        if not self.workspace.is_made:
            self.refuse_another(entry)

    def refuse_another(self, entry: Any = None) -> None:
        """Refuse a webserver whose location is made from another workspace file.

        That is told from the paths alone: where files are mounted under other names, it is to
        be asked only if the webserver doesn't see what was written.

        Raises:
            EngineError: It is.
        """
        found = (entry or self._entry() or {}).get("displayMetadata") or ()
        theirs = {each["key"]: each["value"] for each in found}.get("python_file")
        if theirs is None or Path(theirs).resolve() == self.workspace.module.resolve():
            return
        raise EngineError(
            f"Dagster at {self.api.url!r} makes the code location {self.name!r} from {theirs!r},"
            f" and not from {str(self.workspace.module)!r}",
            hint="name the workspace file that it was started with under `workspace` in the"
            " orchestrator's config, or start it with"
            f" `dagster-webserver -w workspace.yaml -w {self.workspace.path}`",
        )

    def _unknown(self) -> EngineError:
        path = self.workspace.path
        return EngineError(
            f"Dagster at {self.api.url!r} has no code location {self.name!r}",
            hint=f"start it with lolpop's workspace file beside yours: `dagster-webserver -w"
            f" workspace.yaml -w {path}`, and `dagster-daemon run` with the same two"
            + ("" if path.exists() else f"; `{self.workspace.command}` makes the file"),
        )
