"""Put the value that each link names in the link's place."""

from __future__ import annotations

from dataclasses import replace

from lolpop.config.expressions import Link, parse
from lolpop.config.nodes import Key, Node
from lolpop.config.paths import below, join, written
from lolpop.config.spelling import PLURALS
from lolpop.errors import ConfigError, ExpressionError, Problem, nearest

_MOST_NODES = 100_000
_DEEPEST = 60


class _UnresolvedError(Exception):
    """A link whose problem is noted already."""


def resolve(root: Node, problems: list[Problem]) -> Node:
    """Resolve every link of a document; `EnvRef`s stay.

    Args:
        root: The whole document, links as strings.
        problems: Gets what is wrong: links to nothing or in a circle, bare `$`s.

    Raises:
        ConfigError: The links make more values than any configuration needs.
    """
    resolver = _Resolver(root, problems)
    try:
        return resolver.node(root, (), ())
    except _TooMuchError as error:
        raise ConfigError(problems) from error


class _TooMuchError(Exception):
    """Links that would fill the memory or the stack; their problem is noted already."""


class _Resolver:
    def __init__(self, root: Node, problems: list[Problem]) -> None:
        self.root = root
        self.problems = problems
        self.count = 0
        self.depth = 0

    def node(self, node: Node, path: tuple[Key, ...], links: tuple[str, ...]) -> Node:
        """Resolve a node that stands at `path`, reached through `links`."""
        self.count += bool(links)
        self.depth += 1
        if self.count > _MOST_NODES:
            raise self.excess(node, path, f"links make more than {_MOST_NODES} values")
        if self.depth > _DEEPEST:
            raise self.excess(node, path, f"links lead more than {_DEEPEST} deep")
        try:
            return self.inside(node, path, links)
        finally:
            self.depth -= 1

    def inside(self, node: Node, path: tuple[Key, ...], links: tuple[str, ...]) -> Node:
        if isinstance(node.value, dict):
            return node.with_value(
                {key: self.entry(child, (*path, key), links) for key, child in node.items()}
            )
        if isinstance(node.value, list):
            items = enumerate(node.value)
            return node.with_value([self.entry(item, (*path, i), links) for i, item in items])
        return self.scalar(node, path, links)

    def entry(self, node: Node, path: tuple[Key, ...], links: tuple[str, ...]) -> Node:
        """Resolve a child; inside a link's target a failure belongs to the link."""
        if links:
            return self.node(node, path, links)
        try:
            return self.node(node, path, links)
        except _UnresolvedError:
            return node.with_value(None)

    def scalar(self, node: Node, path: tuple[Key, ...], links: tuple[str, ...]) -> Node:
        if not isinstance(node.value, str):
            return node
        try:
            meaning = parse(node.value)
        except ExpressionError as error:
            raise self.failure(node, path, error.message, error.hint) from error
        if isinstance(meaning, Link):
            return self.follow(meaning, node, path, links)
        return node.with_value(meaning)

    def follow(self, link: Link, node: Node, path: tuple[Key, ...], links: tuple[str, ...]) -> Node:
        here = join(*path)
        if here in links:
            circle = " → ".join([*links[links.index(here) :], here])
            raise self.failure(node, path, f"links in a circle: {circle}")
        target, target_path = self.find(link, node, path, (*links, here))
        found = self.node(target, target_path, (*links, here))
        return replace(found, place=node.place, key_place=node.key_place)

    def find(
        self, link: Link, node: Node, path: tuple[Key, ...], links: tuple[str, ...]
    ) -> tuple[Node, tuple[Key, ...]]:
        """Walk to a link's target, through links on the way."""
        at: Node = self.root
        at_path: tuple[Key, ...] = ()
        for key in link.path:
            if isinstance(at.value, str) and at.value.startswith("$"):
                at = self.node(at, at_path, links)
            real, child = _child(at, key, len(at_path))
            if child is None:
                raise self.missing(link, key, at, at_path, node, path)
            at, at_path = child, (*at_path, real)
        return at, at_path

    def missing(
        self,
        link: Link,
        key: str,
        at: Node,
        at_path: tuple[Key, ...],
        node: Node,
        path: tuple[Key, ...],
    ) -> _UnresolvedError:
        where = f"{join(*at_path)!r} has" if at_path else "the configuration has"
        likely = nearest(key, [written(name) for name, _ in at.items()])
        hint = f"did you mean ${below(join(*at_path), likely)}?" if likely else None
        return self.failure(node, path, f"'{link}' links to nothing: {where} no {key!r}", hint)

    def excess(self, node: Node, path: tuple[Key, ...], message: str) -> _TooMuchError:
        """Note a problem that ends everything; what comes back is to be raised."""
        self.failure(node, path, message)
        return _TooMuchError()

    def failure(
        self, node: Node, path: tuple[Key, ...], message: str, hint: str | None = None
    ) -> _UnresolvedError:
        """Note a problem; what comes back is to be raised."""
        self.problems.append(node.problem(message, join(*path), hint))
        return _UnresolvedError()


def _child(node: Node, key: str, level: int) -> tuple[Key, Node | None]:
    """Find an entry by its written name; a section by its singular too."""
    plural = PLURALS.get(key, key) if level == 0 or (level, key) == (1, "component") else key
    for name, child in node.items():
        if written(name) in (key, plural):
            return name, child
    return key, node.get(key)
