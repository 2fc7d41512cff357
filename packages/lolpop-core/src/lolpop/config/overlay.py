"""Lay one configuration over another: mappings merge, lists are replaced, null deletes."""

from __future__ import annotations

from lolpop.config.nodes import Key, Node
from lolpop.config.paths import written


def lay_over(base: Node, over: Node) -> Node:
    """Lay `over` on top of `base`; what both have is merged if both are mappings."""
    if not over.is_mapping:
        return over
    entries: dict[Key, Node] = dict(base.items())
    known = {written(key): key for key in entries}
    for name, node in over.items():
        key = known.get(written(name), name)
        if node.value is None:
            entries.pop(key, None)
        elif key in entries:
            entries[key] = lay_over(entries[key], node)
        else:
            entries[key] = lay_over(node.with_value({}), node)
    return (base if base.is_mapping else over).with_value(entries)
