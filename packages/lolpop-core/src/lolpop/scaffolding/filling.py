"""Templates: files that work as they stand, about something that is called `example`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING

from lolpop.scaffolding.naming import Name

if TYPE_CHECKING:
    from importlib.abc import Traversable

SUFFIX = ".in"
"""What the files end in, so that no tool takes them for what they will be."""


def filled(template: str, name: Name) -> dict[str, str]:
    """Give the files of a template with a name in the place of `example`, by their paths.

    Args:
        template: The folder in `templates`.
        name: The name.
    """
    found = _files(files("lolpop.scaffolding") / "templates" / template, "")
    return {_named(path, name): _named(text, name) for path, text in sorted(found)}


def _files(folder: Traversable, path: str) -> Iterator[tuple[str, str]]:
    for item in folder.iterdir():
        if item.is_dir():
            yield from _files(item, f"{path}{item.name}/")
        elif item.name.endswith(SUFFIX):
            yield path + item.name.removesuffix(SUFFIX), item.read_text("utf-8")


def _named(text: str, name: Name) -> str:
    text = text.replace("lolpop-example", f"lolpop-{name.kebab}")
    return text.replace("example", name.snake).replace("Example", name.camel)
