"""Put the value that each link names in the link's place."""

from __future__ import annotations

from dataclasses import replace

from lolpop.config.expressions import Link, parse
from lolpop.config.nodes import Key, Node
from lolpop.config.paths import below, join
from lolpop.config.spelling import PLURALS
from lolpop.errors import ExpressionError, Problem, nearest

_MOST_NODES = 100_000


class _UnresolvedError(Exception):
    """A link whose problem is noted already."""


def resolve(root: Node, problems: list[Problem]) -> Node:
    """Resolve every link of a document; `EnvRef`s stay.

    Args:
        root: The whole document, links as strings.
        problems: Gets what is wrong: links to nothing or in a circle, bare `$`s.
    """
    return _Resolver(root, problems).node(root, (), ())


class _Resolver:
    def __init__(self, root: Node, problems: list[Problem]) -> None:
        self.root = root
        self.problems = problems
        self.count = 0

    def node(self, node: Node, path: tuple[Key, ...], links: tuple[str, ...]) -> Node:
        """Resolve a node that stands at `path`, reached through `links`."""
        self.count += 1
        if self.count > _MOST_NODES:
            raise self.failure(node, path, f"links make more than {_MOST_NODES} values")
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
                at = self.scalar(at, at_path, links)
            real, child = _child(at, key)
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
        likely = nearest(key, [str(name) for name, _ in at.items()])
        hint = f"did you mean ${below(join(*at_path), likely)}?" if likely else None
        return self.failure(node, path, f"'{link}' links to nothing: {where} no {key!r}", hint)

    def failure(
        self, node: Node, path: tuple[Key, ...], message: str, hint: str | None = None
    ) -> _UnresolvedError:
        """Note a problem; what comes back is to be raised."""
        self.problems.append(node.problem(message, join(*path), hint))
        return _UnresolvedError()


def _child(node: Node, key: str) -> tuple[Key, Node | None]:
    name: Key
    for name in (key, PLURALS.get(key, key)):
        child = node.get(name)
        if child is not None:
            return name, child
    for name, child in node.items():
        if str(name) == key:
            return name, child
    return key, None
