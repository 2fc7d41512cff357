"""From located values back to YAML that reads as the same configuration."""

from __future__ import annotations

from typing import Any

import yaml

from lolpop.config.env import EnvRef
from lolpop.config.nodes import Node, plain
from lolpop.config.reader import RESOLVERS


class _CoreDumper(yaml.SafeDumper):
    """PyYAML's safe dumper; quotes what YAML 1.2 would take for something else."""

    yaml_implicit_resolvers = RESOLVERS

    def ignore_aliases(self, data: Any) -> bool:
        return True


def write(node: Node) -> str:
    """Write a configuration as YAML; `EnvRef`s stand in it as they stood in the file."""
    text: str = yaml.dump(
        values_of(node),
        Dumper=_CoreDumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
    )
    return text


def values_of(node: Node) -> Any:
    """Give a configuration as plain values, every `$` written so that it reads the same."""
    return plain(node, _written)


def _written(leaf: Node) -> Any:
    if isinstance(leaf.value, EnvRef):
        return str(leaf.value)
    if isinstance(leaf.value, str):
        return leaf.value.replace("$", "$$")
    return leaf.value
