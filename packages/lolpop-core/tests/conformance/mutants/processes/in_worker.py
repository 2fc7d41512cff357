"""What the processes of a mutant's steps do wrong."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lolpop.execution import serving, work

_built = work.built
_call = work._Inputs.__call__
_output_to = serving._output_to
_perform = serving.perform
_put = work.artifacts.put
_working_in = work.working_in


def hand_over_json() -> None:
    """Hand values over as JSON."""
    work._Inputs.__call__ = lambda self, name, element: json.loads(
        json.dumps(_call(self, name, element), default=str)
    )


def say_nothing_of_errors() -> None:
    """Print no traceback."""
    work.show = lambda error, folder: None


def remember() -> None:
    """Keep the objects from one attempt to the next."""
    trees = []

    def built(*arguments: Any) -> Any:
        trees.append(trees[0] if trees else _built(*arguments))
        return trees[0]

    work.built = built


def work_elsewhere() -> None:
    """Work in an empty folder."""

    @contextmanager
    def working_in(folder: Path, roots: Any) -> Iterator[None]:
        with _working_in(folder, roots), tempfile.TemporaryDirectory() as empty:
            os.chdir(empty)
            yield

    work.working_in = working_in


def share_one_folder() -> None:
    """Work in the same folder in all steps."""

    def perform(request: Any, store: Any, run: Any, opened: Any, folder: Path) -> Any:
        shared = Path(tempfile.gettempdir(), f"lolpop-shared-{run.ref.run_id}")
        if not shared.exists():
            shutil.copytree(folder, shared)
        return _perform(request, store, run, opened, shared)

    serving.perform = perform


def lose_the_first_lines() -> None:
    """Lose what the first step prints."""
    serving._output_to = lambda log: _output_to(os.devnull if "make" in log else log)


def give_floats() -> None:
    """Store integers as other engines' databases do."""

    def put(store: Any, value: Any, *arguments: Any, **keywords: Any) -> Any:
        return _put(store, float(value) if type(value) is int else value, *arguments, **keywords)

    work.artifacts.put = put
