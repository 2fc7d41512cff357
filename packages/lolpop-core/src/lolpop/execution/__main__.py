"""The step command: `python -m lolpop.execution run …`. Engines start it, and people to debug."""

import sys

# From 3.11 on `-P` does this; a module of the project must not hide one that lolpop needs.
if sys.version_info < (3, 11) and sys.path and sys.path[0] in ("", "."):
    del sys.path[0]

import argparse
import json
import os
from pathlib import Path
from typing import Any

from lolpop.contract import RunRef
from lolpop.errors import LolpopError
from lolpop.execution.request import REFUSED, Request


def main() -> int:
    """Run the step command; give its exit code."""
    if sys.argv[1:2] == ["serve"]:
        from lolpop.execution.serving import end_with_parent, serve

        if "--with-parent" in sys.argv:
            end_with_parent()
        with os.fdopen(int(sys.argv[2]), "w", encoding="utf-8") as answers:
            serve(answers)
        return 0
    try:
        from lolpop.execution.watching import run

        return run(parse(sys.argv[1:]))
    except LolpopError as error:
        hint = f" ({error.hint})" if error.hint else ""
        sys.stderr.write(f"{type(error).__name__}: {error.message}{hint}\n")
        return REFUSED


def parse(arguments: list[str]) -> Request:
    """Read the arguments of `run`, and the parameters that they point at."""
    parser = argparse.ArgumentParser("python -m lolpop.execution", description=__doc__)
    parser.add_argument("verb", choices=["run"])
    for name in ("storage", "package", "deployment", "run", "step"):
        parser.add_argument(f"--{name}", required=True, dest=f"{name}_")
    parser.add_argument("--orchestrator", default="LocalOrchestrator")
    parser.add_argument("--attempt", type=int, default=0)
    parser.add_argument("--parameters", default="-", metavar="FILE|-")
    parser.add_argument("--timeout", type=float, metavar="SECONDS")
    parser.add_argument("--decorate", metavar="FILE")
    parser.add_argument("--parent-run", metavar="ID")
    given = parser.parse_args(arguments)
    return Request(
        storage=given.storage_,
        package=given.package_,
        ref=RunRef(given.orchestrator, given.deployment_, given.run_),
        step=given.step_,
        engine_attempt=given.attempt,
        parameters=_parameters(given.parameters),
        timeout=given.timeout,
        decorate=given.decorate,
        parent_run=given.parent_run,
    )


def _parameters(place: str) -> Any:
    text = sys.stdin.read() if place == "-" else Path(place).read_text("utf-8")
    return json.loads(text or "{}")


if __name__ == "__main__":
    sys.exit(main())
