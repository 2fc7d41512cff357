"""Make the workspace file before there is any deployment: `python -m lolpop_dagster FILE`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path

from pydantic import ValidationError

from lolpop.errors import LolpopError
from lolpop_dagster.config import DagsterConfig
from lolpop_dagster.workspace import Workspace


def main(words: list[str]) -> int:
    """Make the file that the words name; say how Dagster is started with it."""
    try:
        workspace = _workspace(words)
        workspace.make()
    except LolpopError as error:
        sys.stderr.write(f"error: {error.message}\nhint: {error.hint}\n")
        return error.exit_code
    for program in ("dagster-webserver", "dagster-daemon run"):
        sys.stdout.write(f"{program} -w {workspace.path}\n")
    return 0


def _workspace(words: list[str]) -> Workspace:
    parser = ArgumentParser("python -m lolpop_dagster", description="Make lolpop's workspace file.")
    default = DagsterConfig.model_fields["location"].default
    told = f"how its code location is called; {default!r} without it"
    parser.add_argument("--location", metavar="NAME", default=default, help=told)
    parser.add_argument("file", metavar="FILE", type=Path)
    given = parser.parse_args(words)
    try:
        return Workspace.of(DagsterConfig(workspace=given.file, location=given.location))
    except ValidationError:
        parser.error(f"{given.location!r} isn't a name of letters, digits, '_', '.' and '-'")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
