"""A Prefect of its own for the benchmarks, and a project that names it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from _ratio import LOLPOP

ENGINE = Path(__file__).parents[1] / "packages" / "lolpop-prefect" / "tests"


@contextmanager
def started(folder: Path, worker: bool = True) -> Iterator[Any]:
    """Start a server, and a worker if one is wanted; let this process's environment name it."""
    sys.path.append(str(ENGINE))
    from prefect_engine import Engine

    (folder / "home").mkdir()
    engine = Engine(folder / "home")
    kept = dict(os.environ)
    os.environ.update(engine.environment)
    try:
        engine.start(worker=worker)
        yield engine
    finally:
        engine.close()
        os.environ.clear()
        os.environ.update(kept)


def project(folder: Path, source: str, engine: Any) -> None:
    """Write a project of one module, whose runner is `Flow`, with a pipeline `work`."""
    folder.mkdir()
    (folder / "flow.py").write_text(source)
    settings = {
        "runner": "Flow",
        "modules": ["flow"],
        "pipelines": {"work": "Work"},
        "decorators": {"orchestrator": "PrefectOrchestrator"},
        "orchestrator": {"config": {**engine.config}},
    }
    (folder / "lolpop.yaml").write_text(yaml.safe_dump(settings))


def lolpop(folder: Path, *words: str) -> Any:
    """Call a command of lolpop in a project; give what it answers."""
    line = [LOLPOP, *words, "--output", "json"]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(line)} failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)
