"""What lolpop imports late is found though a project has a module of that name."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import lolpop
from lolpop.workflow.hidden import NEEDED

SOURCES = Path(lolpop.__file__).parent
FOR_TESTS = {"pytest", "witness"}
PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, str(Path.cwd()))
from lolpop.workflow.project import working_in
assert "sqlite3" not in sys.modules
with working_in(Path.cwd(), [Path.cwd()]):
    import sqlite3
    import own
    import local
print(hasattr(sqlite3, "connect"), own.X, local.X)
"""


def imported(tree: ast.AST) -> Iterator[str]:
    """Name the top-level modules that a module's code imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_the_list_has_all_that_the_core_imports() -> None:
    files = [file for file in SOURCES.rglob("*.py") if "templates" not in file.parts]
    found = {name for file in files for name in imported(ast.parse(file.read_text("utf-8")))}
    assert found - FOR_TESTS - NEEDED == set()


def test_a_late_import_finds_what_is_meant(tmp_path: Path) -> None:
    for name in ("sqlite3", "own"):
        (tmp_path / f"{name}.py").write_text("X = 1\n")
    (tmp_path / "local.py").write_text("import sqlite3\nX = sqlite3.sqlite_version_info[0]\n")
    command = [sys.executable, "-P", "-c", PROGRAM]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "True 1 3\n"
