"""Make the workspace file before there is any deployment: `python -m lolpop_dagster FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from lolpop.errors import LolpopError
from lolpop_dagster.config import DagsterConfig
from lolpop_dagster.workspace import Workspace


def main(words: list[str]) -> int:
    """Make the file that the one word names; say how Dagster is started with it."""
    if len(words) != 1 or words[0].startswith("-"):
        sys.stderr.write("usage: python -m lolpop_dagster FILE\n")
        return 2
    workspace = Workspace.of(DagsterConfig(workspace=Path(words[0])))
    try:
        workspace.make()
    except LolpopError as error:
        sys.stderr.write(f"error: {error.message}\nhint: {error.hint}\n")
        return error.exit_code
    for program in ("dagster-webserver", "dagster-daemon run"):
        sys.stdout.write(f"{program} -w {workspace.path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
