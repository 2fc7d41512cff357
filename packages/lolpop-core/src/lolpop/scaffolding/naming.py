"""One name in the forms that it takes: of a distribution, of a module, of a class."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from keyword import iskeyword

from lolpop import plugins
from lolpop.config.spelling import RESERVED
from lolpop.errors import UsageError

_FORM = re.compile(r"[A-Za-z][A-Za-z0-9]*([-_][A-Za-z0-9]+)*")
_WORD = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+[a-z]*")
_AROUND = re.compile(r"^lolpop-|-orchestrator$")


@dataclass(frozen=True, slots=True)
class Name:
    """A name; `my-engine`, `my_engine` and `MyEngine` are the same one.

    Attributes:
        kebab: That of a distribution: `my-engine`.
    """

    kebab: str

    @property
    def snake(self) -> str:
        """That of a module: `my_engine`."""
        return self.kebab.replace("-", "_")

    @property
    def camel(self) -> str:
        """That of a class: `MyEngine`."""
        return "".join(word.capitalize() for word in self.kebab.split("-"))


def orchestrator_name(said: str) -> Name:
    """Read the name of an orchestrator that is to be made.

    `my-engine`, `MyEngine`, `MyEngineOrchestrator` and `lolpop-my-engine` are the same.

    Raises:
        UsageError: It can't be one, or means one that there is.
    """
    name = Name(_AROUND.sub("", _read(said, "an orchestrator").kebab))
    wanted = f"{name.camel}Orchestrator"
    for known in plugins.known_orchestrators():
        if plugins.same_orchestrator(known, wanted):
            message = f"{said!r} can't name a new orchestrator: there is {known!r} already"
            raise UsageError(message, hint="choose another name")
    return name


def integration_name(said: str, kind: str) -> Name:
    """Read the name of a component, pipeline or runner that is to be made.

    Raises:
        UsageError: It can't be one.
    """
    name = _read(said, f"a {kind}")
    for problem in _problems(name):
        message = f"{said!r} can't name a {kind}: {problem}"
        raise UsageError(message, hint="choose another name, such as 'data-loader'")
    return name


def _read(said: str, what: str) -> Name:
    if not _FORM.fullmatch(said):
        raise UsageError(
            f"{said!r} can't name {what}",
            hint="write letters and digits, a letter first: 'my-name' or 'MyName'",
        )
    return Name("-".join(_WORD.findall(said)).lower())


def _problems(name: Name) -> Iterator[str]:
    """Find what stands against a module and a section of that name."""
    if iskeyword(name.snake):
        yield f"{name.snake!r} is a word of Python"
    if name.snake in RESERVED:
        yield f"{name.snake!r} has a meaning of its own in the configuration"
    if find_spec(name.snake):
        yield f"the installed module {name.snake!r} would be hidden"
