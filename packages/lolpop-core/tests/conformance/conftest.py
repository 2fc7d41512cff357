"""Where the mutants are imported from: they are plugins, and no part of the tests' own modules."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lolpop import plugins

HERE = Path(__file__).parent
sys.path.append(str(HERE))

from mutants.registry import install  # noqa: E402 - it is found from here on


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Install every mutant: a distribution each, in a folder on `sys.path`."""
    site = tmp_path_factory.mktemp("site")
    install(site)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        plugins.forget()
        yield
    plugins.forget()
