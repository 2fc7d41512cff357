"""Where rules try an orchestrator: projects of their own on an engine that is ready."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeVar, cast

from lolpop import plugins
from lolpop.contract import Capability
from lolpop.errors import LolpopError
from lolpop.orchestrator import Orchestrator
from lolpop.testing.harness import Harness
from lolpop.testing.project import Finished, Project

T = TypeVar("T")


class Bench:
    """An orchestrator on its engine, and the projects that rules deploy there.

    Args:
        orchestrator: The orchestrator's name, as its entry point gives it.
        harness: What is known of the engine.
        folder: An empty folder for projects and storage.
    """

    def __init__(self, orchestrator: str, harness: Harness, folder: Path) -> None:
        self.orchestrator = orchestrator
        self.harness = harness
        self.folder = folder
        harness.storage = harness.storage or str(folder / "storage")
        self._projects: list[Project] = []
        self._local: dict[str, Project] = {}
        self._built: dict[str, Project] = {}
        self._finished: dict[tuple[str, str], Finished] = {}
        self._made: dict[Callable[[Bench], object], object] = {}

    @property
    def plugin(self) -> plugins.Plugin:
        """The installed plugin.

        Raises:
            PluginNotInstalledError: No distribution provides it.
        """
        found = plugins.find("orchestrator", self.orchestrator)
        if found is None:
            raise plugins.not_installed("orchestrator", self.orchestrator)
        return found

    @property
    def cls(self) -> type[Orchestrator]:
        """The orchestrator's class."""
        cls: Any = plugins.load(self.plugin)
        return cls  # type: ignore[no-any-return]

    def declares(self, capability: Capability) -> bool:
        """Whether the orchestrator declares a capability."""
        return capability in self.cls.capabilities

    def project(self, workflow: str = "chain", name: str | None = None, **settings: Any) -> Project:
        """Write a project of its own, not deployed yet.

        Args:
            workflow: The workflow's module in `lolpop.testing.workflows`.
            name: What its deployment's name begins with.
            settings: Further YAML, by top-level key.
        """
        folder = self.folder / f"{name or workflow}-{token_hex(4)}"
        made = Project(folder, workflow, self.orchestrator, self.harness, settings)
        self._projects.append(made)
        return made

    def built(self, workflow: str = "chain") -> Project:
        """Give a project that is deployed, the same one to every rule that doesn't change it.

        Such a rule leaves no run of it active.
        """
        if workflow not in self._built:
            made = self.project(workflow)
            made.build()
            self._built[workflow] = made
        return self._built[workflow].anew()

    def forget_built(self) -> None:
        """Let no rule have a project that another one may have left in disorder."""
        self._built.clear()

    def finished(self, workflow: str = "chain", how: str = "well") -> Finished:
        """Give a finished run of a workflow, the same one to every rule."""
        key = (workflow, how)
        if key not in self._finished:
            self._finished[key] = self.built(workflow).finish(None if how == "well" else how)
        return self._finished[key]

    def once(self, make: Callable[[Bench], T]) -> T:
        """Give what a function makes here, the same to every rule that asks for it."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast("T", self._made[make])

    def locally(self, workflow: str) -> Project:
        """Give a project on LocalOrchestrator that is equal but for the one line."""
        if workflow not in self._local:
            folder = self.folder / f"local-{workflow}"
            harness = Harness()
            harness.storage = self.harness.storage
            made = Project(folder, workflow, "LocalOrchestrator", harness, {})
            self._projects.append(made)
            made.build()
            self._local[workflow] = made
        return self._local[workflow]

    def close(self) -> None:
        """Remove every deployment that rules left, or end its runs on an engine that goes too."""
        for project in self._projects:
            with suppress(LolpopError):
                if not self.harness.disposable:
                    if project.deployment() is not None:
                        project.remove()
                elif project.living():
                    project.stop()
