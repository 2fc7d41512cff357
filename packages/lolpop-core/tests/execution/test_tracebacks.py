"""What a step raised, in words: one line for the error, and the user's own frames."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from lolpop.errors import ConfigError, Place, Problem
from lolpop.execution.tracebacks import said, show

CODE = """
def outer():
    try:
        inner()
    except ValueError as error:
        raise RuntimeError("outer is broken") from error

def inner():
    raise ValueError("inner is broken")
"""


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise KeyError("no")


@pytest.fixture
def raised(tmp_path: Path) -> BaseException:
    """Raise in a file of the working folder, with a cause."""
    (tmp_path / "flow.py").write_text(CODE)
    spec = importlib.util.spec_from_file_location("raised_flow", tmp_path / "flow.py")
    assert spec
    assert spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.raises(RuntimeError) as caught:
        module.outer()
    return caught.value


def test_paths_are_those_of_the_project(
    raised: BaseException, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show(raised, tmp_path)
    lines = [line for line in capsys.readouterr().err.splitlines() if "^" not in line]
    assert lines[:4] == [
        "Traceback (most recent call last):",
        '  File "flow.py", line 4, in outer',
        "    inner()",
        '  File "flow.py", line 9, in inner',
    ]
    assert 'File "flow.py", line 6, in outer' in lines[-2]
    assert str(tmp_path) not in "\n".join(lines)


def test_the_error_is_no_part_of_the_traceback_but_its_causes_are(
    raised: BaseException, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show(raised, tmp_path)
    printed = capsys.readouterr().err
    assert "ValueError: inner is broken\n" in printed
    assert "RuntimeError: outer is broken" not in printed
    assert said(raised, tmp_path) == "RuntimeError: outer is broken"


def test_a_syntax_error_has_the_projects_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SyntaxError) as caught:
        compile("def f(:\n", f"{tmp_path}/flow.py", "exec")
    show(caught.value, tmp_path)
    assert '  File "flow.py", line 1\n' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("bad"), "ValueError: bad"),
        (ValueError(), "ValueError"),
        (ValueError("two\nlines"), "ValueError: two lines"),
        (ValueError("bad \udcff name"), "ValueError: bad \\udcff name"),
        (UnprintableError(), "UnprintableError: <its text can't be had: KeyError in __str__>"),
        (
            OSError(2, "No such file", "/work/a/data.csv"),
            "OSError: [Errno 2] No such file: 'data.csv'",
        ),
    ],
)
def test_every_error_is_named_in_one_line(error: Exception, words: str) -> None:
    shown = said(error, Path("/work/a"))
    assert shown.replace("FileNotFoundError", "OSError") == words
    assert shown.encode()


def test_an_unprintable_error_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show(UnprintableError(), tmp_path)
    assert "Unprintable" in capsys.readouterr().err


def test_a_place_in_the_packaged_configuration_is_left_out() -> None:
    message = "environment variable 'TOKEN' isn't set"
    problems = [
        Problem(message, Place("config.yaml", 3, 5), "api.config.token"),
        Problem("unknown key 'x'", Place("--decorate", 1, 1), "x"),
    ]
    assert said(ConfigError(problems), Path("/work")) == (
        f"ConfigError: --decorate:1:1: x: unknown key 'x'; api.config.token: {message}"
    )
