"""The step command: `python -m lolpop.execution run …`. Engines start it, and people to debug."""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from lolpop.contract import RunRef
from lolpop.errors import LolpopError, UsageError
from lolpop.execution.request import REFUSED, Request

_HELP = "`python -m lolpop.execution run --help` lists the arguments"
_EXIT_CODES = """\
Exit codes: 0 succeeded, 1 failed, 64 failed and not to be retried, 65 refused before it began,
124 took too long, 128 and the number of the signal that ended it.
"""


def main() -> int:
    """Run the step command; give its exit code."""
    if sys.argv[1:2] == ["serve"]:
        return _serve(int(sys.argv[2]))
    try:
        request = parse(sys.argv[1:])
        from lolpop.execution.watching import run

        return run(request)
    except LolpopError as error:
        hint = f" ({error.hint})" if error.hint else ""
        sys.stderr.write(f"{type(error).__name__}: {error.message}{hint}\n")
        return REFUSED


def _serve(descriptor: int) -> int:
    from lolpop.execution.serving import end_with_parent, serve

    for argument in sys.argv[3:]:
        if argument.startswith("--with-parent="):
            end_with_parent(int(argument.partition("=")[2]))
    with os.fdopen(descriptor, "w", encoding="utf-8") as answers:
        serve(answers)
    return 0


class _Parser(argparse.ArgumentParser):
    """Raises what is wrong instead of ending the process, whose exit codes mean other things."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=_HELP)


def parse(arguments: list[str]) -> Request:
    """Read the arguments of `run`, and the parameters that they point at.

    Raises:
        UsageError: They can't be read.
    """
    parser = _Parser(
        "python -m lolpop.execution run",
        description=__doc__,
        epilog=_EXIT_CODES,
        allow_abbrev=False,
    )
    for name in ("storage", "package", "deployment", "run", "step"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--orchestrator", default="LocalOrchestrator")
    parser.add_argument("--attempt", type=int, default=0)
    parser.add_argument("--parameters", default="-", metavar="FILE|-")
    parser.add_argument("--timeout", type=float, metavar="SECONDS")
    parser.add_argument("--decorate", metavar="FILE|JSON")
    parser.add_argument("--parent-run", metavar="ID")
    if arguments[:1] in (["-h"], ["--help"]):
        parser.parse_args(arguments)
    if arguments[:1] != ["run"]:
        said = repr(arguments[0]) if arguments else "nothing"
        raise UsageError(f"expected 'run', found {said}", hint=_HELP)
    given = parser.parse_args(arguments[1:])
    return Request(
        storage=given.storage,
        package=given.package,
        ref=RunRef(given.orchestrator, given.deployment, given.run),
        step=given.step,
        engine_attempt=given.attempt,
        parameters=_parameters(given.parameters),
        timeout=given.timeout,
        decorate=given.decorate,
        parent_run=given.parent_run,
    )


def _parameters(place: str) -> Mapping[str, Any]:
    """Read the run's parameters; a person's terminal gives none."""
    try:
        found = json.loads(_text(place) or "{}")
    except OSError as error:
        message = f"the parameters in {place!r} can't be read: {error.strerror}"
        raise UsageError(message) from error
    except ValueError as error:
        message = f"the parameters in {place!r} aren't JSON: {error}"
        raise UsageError(message) from error
    if not isinstance(found, dict):
        kind = type(found).__name__
        raise UsageError(f"the parameters in {place!r} aren't a JSON object but {kind}")
    return found


def _text(place: str) -> str:
    if place != "-":
        return Path(place).read_text("utf-8")
    return "" if sys.stdin.isatty() else sys.stdin.read()


if __name__ == "__main__":
    sys.exit(main())
