"""Which integrations a configuration names, and where the section of each one stands."""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Set
from dataclasses import dataclass, field

from lolpop.config.env import EnvRef
from lolpop.config.nodes import Node, kind_of
from lolpop.config.paths import below, written
from lolpop.config.spelling import RESERVED, SECTIONS
from lolpop.config.validation import late_problem, unknown_key
from lolpop.errors import Place, Problem

STATIC = SECTIONS - {"config", "orchestrator", "deployment", "storage"}
ORCHESTRATOR = "orchestrator"


@dataclass(frozen=True, slots=True)
class Section:
    """An integration as the configuration names it.

    Attributes:
        kind: `runner`, `pipeline`, `component` or `decorator`.
        name: The attribute under which others see it; empty for the runner.
        path: The dotted path of its section; empty for the runner.
        class_name: The class that the YAML names, with its place; None for no runner.
        place: Where to point when something is missing in it.
        config: Its `config` mapping, as nodes by key.
        orchestrators: For the section `orchestrator`: the config of each one by name.
        parts: The integrations that it names, in order.
    """

    kind: str
    name: str
    path: str
    class_name: Node | None
    place: Place
    config: dict[str, Node] = field(default_factory=dict)
    orchestrators: dict[str, dict[str, Node]] = field(default_factory=dict)
    parts: tuple[Section, ...] = ()


def divide(root: Node, problems: list[Problem]) -> Section:
    """Divide a document into the sections of its integrations.

    Args:
        root: The whole document, links resolved.
        problems: Gets what is wrong with the shape.
    """
    return _Division(problems).runner(root)


class _Division:
    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems

    def runner(self, root: Node) -> Section:
        kinds = ("pipeline", "component", "decorator")
        parts = tuple(part for kind in kinds for part in self.parts(root, kind, ""))
        self.refuse_twice(parts)
        known = {part.name for part in parts} | SECTIONS
        if ORCHESTRATOR not in {part.name for part in parts}:
            self.check_unused(root.get(ORCHESTRATOR))
        self.refuse_unknown(root, "", known)
        config = self.config(root, "")
        return Section("runner", "", "", root.get("runner"), root.place, config, {}, parts)

    def check_unused(self, node: Node | None) -> None:
        """Check the shape of the section `orchestrator` though no line names one."""
        if node is not None:
            self.section_of("decorator", ORCHESTRATOR, node.with_value(""), node, "")

    def refuse_twice(self, parts: tuple[Section, ...]) -> None:
        seen: dict[str, Section] = {}
        for part in parts:
            if part.name in seen and part.class_name:
                kind = seen[part.name].kind
                message = f"{part.name!r} is the name of a {kind} already"
                self.problems.append(part.class_name.key_problem(message, f"{part.kind}s"))
            seen.setdefault(part.name, part)

    def refuse_unknown(self, node: Node, path: str, known: Set[str]) -> None:
        for key, child in node.items():
            if written(key) not in known:
                self.problems.append(self.unknown(written(key), child, path, known))

    def unknown(self, key: str, node: Node, path: str, known: Set[str]) -> Problem:
        problem = unknown_key(key, node, dict.fromkeys(sorted(known)), path)
        if path or not node.is_mapping:
            return problem
        message = f"unknown section {key!r}: no integration has this name"
        return node.key_problem(message, key, problem.hint)

    def parts(self, node: Node, kind: str, path: str) -> Iterator[Section]:
        """Give the integrations that a section names under `pipelines` and the like."""
        names = node.get(f"{kind}s")
        if names is None or names.value is None:
            return
        if not names.is_mapping:
            if path:
                message = f"expected a mapping of names to classes, got {kind_of(names.value)}"
                self.problems.append(names.problem(message, below(path, f"{kind}s")))
            return
        for key, class_name in names.items():
            name = written(key)
            section = node.get(name)
            self.check_name(name, class_name, kind, below(path, f"{kind}s"))
            yield self.section_of(kind, name, class_name, section, path)

    def check_name(self, name: str, node: Node, kind: str, path: str) -> None:
        if name == ORCHESTRATOR and kind == "decorator":
            return
        if name in RESERVED:
            message = f"{name!r} is reserved and can't name a {kind}"
        elif not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
            message = f"{name!r} can't be an attribute: use letters, digits and underscores"
        else:
            return
        self.problems.append(node.key_problem(message, below(path, name)))

    def section_of(
        self, kind: str, name: str, class_name: Node, node: Node | None, around: str
    ) -> Section:
        path = below(around, name)
        self.check_class_name(class_name, kind, around, name)
        place = class_name.named_at
        if node is None or node.value is None:
            return Section(kind, name, path, class_name, place)
        if not node.is_mapping:
            message = f"the section of {name!r} must be a mapping, got {kind_of(node.value)}"
            self.problems.append(node.problem(message, path))
            return Section(kind, name, path, class_name, place)
        config = self.config(node, path)
        if name == ORCHESTRATOR and not around:
            return Section(
                kind, name, path, class_name, node.named_at, config, self.per_orchestrator(node)
            )
        parts = tuple(self.parts(node, "component", path)) if kind == "pipeline" else ()
        known = {"config", *(part.name for part in parts)}
        self.refuse_unknown(node, path, known | ({"components"} if kind == "pipeline" else set()))
        return Section(kind, name, path, class_name, node.named_at, config, {}, parts)

    def check_class_name(self, node: Node, kind: str, around: str, name: str) -> None:
        """Complain of a class that isn't a string; at the top level the settings do that."""
        path = below(below(around, f"{kind}s"), name)
        if around and isinstance(node.value, EnvRef):
            self.problems.append(late_problem(node, path))
        elif around and (not isinstance(node.value, str) or not node.value):
            message = f"expected the name of a class, got {kind_of(node.value)}"
            self.problems.append(node.problem(message, path))

    def per_orchestrator(self, node: Node) -> dict[str, dict[str, Node]]:
        found: dict[str, dict[str, Node]] = {}
        for key, child in node.items():
            if key == "config":
                continue
            path = below(ORCHESTRATOR, key)
            if child.is_mapping:
                self.refuse_unknown(child, path, frozenset({"config"}))
                found[str(key)] = self.config(child, path)
            elif child.value is not None:
                message = f"expected a mapping with a config, got {kind_of(child.value)}"
                self.problems.append(child.problem(message, path))
        return found

    def config(self, node: Node, path: str) -> dict[str, Node]:
        config = node.get("config")
        if config is None or config.value is None:
            return {}
        if not config.is_mapping:
            message = f"expected a mapping, got {kind_of(config.value)}"
            self.problems.append(config.problem(message, below(path, "config")))
            return {}
        return {written(key): child for key, child in config.items()}
