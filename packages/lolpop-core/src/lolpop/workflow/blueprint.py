"""A workflow before it is built: every integration's class, place and configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import Field

from lolpop.config.document import Document
from lolpop.config.keys import Keys
from lolpop.config.nodes import Node
from lolpop.config.sections import Section
from lolpop.config.settings import Name, Settings
from lolpop.workflow.integration import Integration

DEFAULT_METHOD = "decorator"


class DecorationSection(Keys):
    """The keys of anything that decorates; they stand in its config beside its own."""

    decorator_method: Name = DEFAULT_METHOD
    integration_types: list[Literal["component", "pipeline", "runner"]] | None = None
    integration_classes: list[Name] = Field([])

    def method_of(self, cls: type | None) -> str:
        """Give the method that wraps: the configured one, else the one that the class names."""
        if "decorator_method" in self.model_fields_set:
            return self.decorator_method
        named: str = getattr(cls, "decorator_method", self.decorator_method)
        return named


@dataclass(slots=True, eq=False)
class Part:
    """One integration of a blueprint.

    Attributes:
        section: What the configuration says of it.
        cls: Its class; None if it wasn't found.
        parent: The integration around it; None for the runner and for decorators.
        own: The values of its own config, without the keys that the core takes.
        parts: The integrations that it names itself, by name.
        decoration: What it decorates, for a decorator.
        options: An orchestrator's options by verb, for the verbs that are configured.
    """

    section: Section
    cls: type[Integration] | None
    parent: Part | None
    own: dict[str, Node]
    parts: dict[str, Part] = field(default_factory=dict)
    decoration: DecorationSection | None = None
    options: dict[str, Node] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What messages call it: its path, or the runner's class."""
        if self.section.path:
            return self.section.path
        return self.cls.__name__ if self.cls else "the runner"

    @property
    def ancestors(self) -> Iterator[Part]:
        """The integrations around it, nearest first."""
        part = self.parent
        while part is not None:
            yield part
            part = part.parent

    @property
    def descendants(self) -> Iterator[Part]:
        """The integrations beneath it, outer ones first."""
        for part in self.parts.values():
            yield part
            yield from part.descendants

    def visible(self) -> dict[str, Part]:
        """Give the integrations it sees: its own, its peers, and the components further out."""
        seen = dict(self.parts)
        for ancestor in self.ancestors:
            for name, part in ancestor.parts.items():
                if part is not self and part.section.kind == "component":
                    seen.setdefault(name, part)
        return seen


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A whole workflow, checked and ready to be built.

    Attributes:
        document: The configuration that it comes from.
        settings: The core's own keys.
        runner: The runner, with everything beneath it.
        decorators: What decorates, outermost first.
        roots: The folders that the project's imports start at, absolute.
        validated: Whether keys, types and dependencies were checked.
    """

    document: Document
    settings: Settings
    runner: Part
    decorators: tuple[Part, ...]
    roots: tuple[Path, ...]
    validated: bool = True

    @property
    def parts(self) -> Iterator[Part]:
        """Every integration of the tree, the runner first; no decorators."""
        yield self.runner
        yield from self.runner.descendants

    @property
    def orchestrator(self) -> Part | None:
        """The orchestrator that the configuration names, or None."""
        return next((part for part in self.decorators if part.section.name == "orchestrator"), None)
