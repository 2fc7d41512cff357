"""Read a configuration from text, as the commands do, short of looking up classes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lolpop.config.document import Document, load
from lolpop.config.nodes import plain
from lolpop.config.sections import divide
from lolpop.errors import ConfigError
from lolpop.workflow.check import settings_of

Text = str | bytes


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Document]:
    """Write texts as 0.yaml, 1.yaml and so on, and load them in this order."""
    monkeypatch.chdir(tmp_path)

    def _loaded(*texts: Text, overrides: tuple[str, ...] = ()) -> Document:
        names = [f"{index}.yaml" for index in range(len(texts))]
        for name, text in zip(names, texts, strict=True):
            content = text if isinstance(text, bytes) else text.encode()
            Path(name).write_bytes(content)
        return load(names, overrides)

    return _loaded


@pytest.fixture
def values(loaded: Callable[..., Document]) -> Callable[..., Any]:
    """Load texts that are right, and give their plain values."""

    def _values(*texts: Text, overrides: tuple[str, ...] = ()) -> Any:
        document = loaded(*texts, overrides=overrides)
        assert document.problems == ()
        return plain(document.root)

    return _values


@pytest.fixture
def complaints(loaded: Callable[..., Document]) -> Callable[..., list[str]]:
    """Load texts, and give all problems in order: `place: path: message (hint)`."""

    def _complaints(*texts: Text, overrides: tuple[str, ...] = ()) -> list[str]:
        try:
            document = loaded(*texts, overrides=overrides)
        except ConfigError as error:
            return _shown(error)
        problems = list(document.problems)
        divide(document.root, problems)
        return _shown(ConfigError([*problems, *settings_of(document)[1]]))

    return _complaints


def _shown(error: ConfigError) -> list[str]:
    found = error.problems
    return [f"{each}" + (f" ({each.hint})" if each.hint else "") for each in found]
