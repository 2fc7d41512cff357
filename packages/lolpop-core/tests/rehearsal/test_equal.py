"""Workflows that give as steps what they give plainly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

EQUAL = """
    from dataclasses import dataclass, field
    from pathlib import Path

    import lolpop
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LogisticRegression


    @dataclass(frozen=True)
    class Score:
        value: float
        missing: float = float("nan")
        labels: frozenset = frozenset({"a", "b", "c"})


    class Plain:
        def __init__(self, rows):
            self.rows = rows


    class Work(lolpop.Pipeline):
        seen = None

        def load(self, count: int):
            index = pd.date_range("2026-01-01", periods=count, name="day")
            kind = pd.Categorical(["x", "y"] * (count // 2))
            return pd.DataFrame({"a": np.arange(count) / 3, "kind": kind}, index=index), {1, "b"}

        def fit(self, frame, seed):
            np.random.seed(seed)
            self.seen = np.random.rand(len(frame))
            model = LogisticRegression().fit(frame[["a"]], np.arange(len(frame)) % 2)
            return {"model": model, "noise": self.seen}

        def score(self, fitted, frame, names):
            probability = fitted["model"].predict_proba(frame[["a"]])[:, 1]
            total = float((probability + fitted["noise"]).sum())
            return Score(total), Plain(sorted(map(str, names)))

        def save(self, score):
            folder = Path("report")
            folder.mkdir(exist_ok=True)
            (folder / "score.txt").write_text(f"{score.value:.6f}")
            return folder

        def read(self, folder):
            return (folder / "score.txt").read_text()


    class Flow(lolpop.Runner):
        work: Work

        def run(self, count: int = 10, seed: int = 7):
            frame, names = self.work.load(count)
            fitted = self.work.fit(frame, seed)
            score, plain = self.work.score(fitted, frame, names)
            folder = self.work.save(score)
            return {"score": score, "plain": plain, "text": self.work.read(folder), "at": folder}
"""


def test_frames_models_arrays_dataclasses_sets_and_files(rehearsed: Any, folder: Path) -> None:
    done = rehearsed(EQUAL, "--build-kwargs", '{"count": 20}')
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "step        state  note\n"
        "work.load   equal\n"
        "work.fit    equal\n"
        "work.score  equal\n"
        "work.save   equal\n"
        "work.read   equal\n"
        "5 of 5 calls became steps (100 %)\n"
        "equal: 5 steps give what the plain run gives\n"
    )
    assert (folder / "report/score.txt").is_file()


WHOLE = """
    import lolpop


    class Work(lolpop.Pipeline):
        def count(self):
            print("counting")
            return 3


    class Flow(lolpop.Runner):
        work: Work

        def run(self):
            return [number for number in range(self.work.count())]
"""


def test_a_workflow_that_is_one_step(rehearsed: Any) -> None:
    done = rehearsed(WHOLE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "counting\n"
        "step  state  note\n"
        "run   equal\n"
        "0 of 1 calls became steps (0 %): `lolpop graph` says why\n"
        "equal: 1 step gives what the plain run gives\n"
    )


def test_the_answer_as_json(rehearsed: Any) -> None:
    done = rehearsed(WHOLE, "--output", "json")
    assert (done.returncode, done.stderr) == (0, "counting\n")
    assert json.loads(done.stdout) == {
        "status": "equal",
        "workflow": "Flow.run",
        "steps": [{"name": "run", "state": "equal", "note": None}],
        "calls": {"steps": 0, "all": 1},
        "cause": None,
    }


UNSTEADY = """
    import os

    import lolpop


    class Tag:
        def __init__(self, number):
            self.number = number

        def __hash__(self):
            return hash(os.urandom(8))


    class Work(lolpop.Pipeline):
        def make(self):
            return {Tag(number) for number in range(50)}


    class Flow(lolpop.Runner):
        work: Work

        def run(self):
            return self.work.make()
"""


def test_a_pickle_that_is_another_one_each_time_is_a_note(rehearsed: Any) -> None:
    done = rehearsed(UNSTEADY)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "step       state  note\n"
        "work.make  equal  equal values, but their pickles, and so their digests, are others"
        " each time\n"
        "1 of 1 calls became steps (100 %)\n"
        "equal: 1 step gives what the plain run gives\n"
    )
