"""Runners as teams write them: most split; the others say why they don't."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RUNNERS = sorted((Path(__file__).parent / "runners").glob("*.py"))
STEP = "do it in a method of a pipeline or component, and hand the value over"

STEPS = {
    "ab_test": 4,
    "backfill": 5,
    "base_class": 3,
    "batch_predict": 7,
    "conditional_deploy_in_a_step": 4,
    "cross_validation": 11,
    "early_return": 1,
    "ensemble": 4,
    "etl": 6,
    "feature_store": 4,
    "hyper_parameters": 14,
    "images": 10,
    "nlp": 5,
    "notify": 3,
    "quality_gate": 3,
    "time_series": 6,
    "train_evaluate": 4,
}
COLLAPSES = {
    "conditional_deploy": [
        "run: if score < 100:: compares the output of 'trainer.score',"
        f" which only the run knows ({STEP})"
    ],
    "retry_in_the_runner": [
        "fetch: try:: uses `try` (move this into a method of a pipeline or component,"
        " or into a small method of the runner)"
    ],
    "timed": [
        "run: start = time.perf_counter(): calls time.perf_counter(), which may do anything"
        " (move it into a method of a pipeline or component)"
    ],
    "stateful_model": [
        "modelled: self.mean = sum(rows) / len(rows): 'model.fit' writes model.mean (FILE:19),"
        " which 'model.predict' reads (FILE:22) (return it and hand it over as an argument,"
        " or say that it doesn't matter: steps: {model.fit: {stateless: true}})"
    ],
}


def _config(path: Path) -> str:
    tree = ast.parse(path.read_text())
    assigned = next(node for node in tree.body if isinstance(node, ast.Assign))
    text: str = ast.literal_eval(assigned.value)
    return text


@pytest.mark.parametrize("path", RUNNERS, ids=lambda path: path.stem)
def test_runner_splits_or_says_why(path: Path, written: Callable[..., Any]) -> None:
    flow = written(path.read_text() + "\n\nLOG = []\n", _config(path), prelude="")
    graph = flow.same()
    found = [text.replace(f"{flow.module}.py", "FILE") for text in flow.collapses()]
    assert found == COLLAPSES.get(path.stem, [])
    if path.stem in STEPS:
        assert len(graph.steps) == STEPS[path.stem]


def test_at_least_fifteen_of_twenty_split() -> None:
    assert {path.stem for path in RUNNERS} == {*STEPS, *COLLAPSES}
    assert len(RUNNERS) >= 20
    assert len(STEPS) >= 15
