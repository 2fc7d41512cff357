"""`lolpop run workflow` shows on Dagster what it calls."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

LOLPOP = Path(sys.executable).with_name("lolpop")
SOURCE = """
from pathlib import Path

import numpy
import pandas
import lolpop


class Metrics(lolpop.Component):
    def score(self, value):
        return len(str(value))


class Model:
    def predict(self, value):
        return value


class Odd:
    shape = (1, 2)

    def memory_usage(self):
        raise RuntimeError("on purpose")


class Train(lolpop.Pipeline):
    metrics: Metrics

    def fit(self, value):
        print("fitting")
        return self.metrics.score(value) + self.metrics.score(value)

    def table(self):
        return numpy.zeros((3, 4))

    def model(self):
        return Model()

    def file(self):
        Path("made.txt").write_text("made")
        return Path("made.txt")

    def odd(self):
        return Odd()

    def series(self):
        return pandas.Series([1, 2, 3], index=pandas.CategoricalIndex(["a", "b", "c"]))

    def text(self, size):
        return "x" * size

    async def later(self, value):
        return value

    def pieces(self):
        yield 1
        yield 2

    def fail(self):
        raise ValueError("it is broken")


class Birds(lolpop.Runner):
    train: Train

    def build(self, value="SECRET-VALUE"):
        return self.train.fit(value), list(self.train.pieces())

    def outputs(self):
        self.train.table()
        self.train.model()
        self.train.file()
        self.train.odd()
        self.train.series()
        self.train.text(999_999)
        self.train.text(1_000_000)

    def fail(self):
        self.train.fail()

    def caught(self):
        try:
            self.train.fail()
        except ValueError as error:
            return str(error)

    async def wait(self):
        return await self.train.later(3)

    def interrupt(self):
        import os, signal, time

        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(30)
"""


@pytest.fixture
def birds(tmp_path: Path) -> Path:
    (tmp_path / "birds.py").write_text(SOURCE)
    configure(tmp_path)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return tmp_path


def configure(folder: Path, **config: Any) -> None:
    """Write the configuration; what is given stands in the orchestrator's."""
    settings = {
        "modules": ["birds"],
        "runner": "Birds",
        "pipelines": {"train": "Train"},
        "components": {"metrics": "Metrics"},
        "decorators": {"orchestrator": "DagsterOrchestrator"},
        "orchestrator": {"config": config},
    }
    (folder / "lolpop.yaml").write_text(yaml.safe_dump(settings))


def run(
    folder: Path, entrypoint: str, code: int = 0, home: Path | None = None, named: bool = True
) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if "DAGSTER" not in key}
    done = subprocess.run(
        [LOLPOP, "run", "workflow", "-e", entrypoint],
        cwd=folder,
        env={**kept, **({"DAGSTER_HOME": str(home or folder / "home")} if named else {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def recorded(home: Path) -> tuple[Any, list[Any]]:
    """Give the one run of an instance, and its events."""
    import dagster as dg

    os.environ["DAGSTER_HOME"] = str(home)
    try:
        with dg.DagsterInstance.get() as instance:
            (found,) = instance.get_runs()
            return found, list(instance.all_logs(found.run_id))
    finally:
        del os.environ["DAGSTER_HOME"]


def said(events: list[Any]) -> list[str]:
    return [event.user_message for event in events if event.dagster_event is None]


def test_a_run_has_one_op_and_an_event_for_each_call(birds: Path) -> None:
    done = run(birds, "build")
    assert (done.stderr, done.stdout.splitlines()[0]) == ("", "fitting")
    found, events = recorded(birds / "home")
    assert (found.job_name, found.status.value) == ("Birds", "SUCCESS")
    assert {event.step_key for event in events if event.step_key} == {"build"}
    calls = [text.rpartition(" took ")[0] for text in said(events)]
    assert calls == ["metrics.score", "metrics.score", "train.fit"]
    assert "SECRET-VALUE" not in str(events)
    printed = [path.read_text() for path in (birds / "home" / "storage").rglob("*.out")]
    assert printed == ["fitting\n"]


def test_large_outputs_tables_models_and_files_are_materializations(birds: Path) -> None:
    run(birds, "outputs")
    _, events = recorded(birds / "home")
    made = [
        event.dagster_event.step_materialization_data.materialization
        for event in events
        if event.dagster_event and event.dagster_event.event_type_value == "ASSET_MATERIALIZATION"
    ]
    assert [each.asset_key.path for each in made] == [
        ["train", "table"],
        ["train", "model"],
        ["train", "file"],
        ["train", "odd"],
        ["train", "series"],
        ["train", "text"],
    ]
    table = {key: entry.value for key, entry in made[0].metadata.items()}
    assert (table["type"], table["shape"], table["size"]) == ("numpy.ndarray", "3 x 4", 96)
    assert (len(table["digest"]), table["preview"]) == (64, "ndarray 3 x 4 float64")
    assert made[3].metadata["note"].value == ("its size isn't known: RuntimeError: on purpose")
    assert "size" not in made[3].metadata
    assert int(str(made[4].metadata["size"].value)) > 24
    assert made[5].metadata["size"].value == 1_000_000


def test_an_error_is_told_where_it_was_raised(birds: Path) -> None:
    done = run(birds, "fail", code=1)
    assert "error: Birds.fail failed: ValueError: it is broken" in done.stderr
    found, events = recorded(birds / "home")
    assert found.status.value == "FAILURE"
    (text,) = said(events)
    assert text.startswith("train.fail failed after 0.0")
    assert text.endswith("ValueError: it is broken")


def test_an_error_that_is_handled_fails_nothing(birds: Path) -> None:
    run(birds, "caught")
    found, events = recorded(birds / "home")
    assert (found.status.value, len(said(events))) == ("SUCCESS", 1)


def test_an_interrupt_ends_it(birds: Path) -> None:
    done = run(birds, "interrupt", code=130)
    assert "Traceback" not in done.stderr
    found, _ = recorded(birds / "home")
    assert found.status.value in ("CANCELED", "FAILURE")


def test_a_coroutine_runs_as_it_would_without(birds: Path) -> None:
    run(birds, "wait")
    assert not (birds / "home" / "history").exists()


def test_without_an_instance_nothing_is_kept(birds: Path) -> None:
    before = {*birds.iterdir()}
    done = run(birds, "build", named=False)
    assert (done.stderr, done.stdout.splitlines()[0]) == ("", "fitting")
    new = {path.name for path in {*birds.iterdir()} - before}
    assert new <= {".lolpop", "__pycache__"}


def test_the_config_names_another_instance(birds: Path) -> None:
    (birds / "other").mkdir()
    (birds / "other" / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    configure(birds, dagster_home="other")
    run(birds, "build")
    assert recorded(birds / "other")[0].job_name == "Birds"


def test_only_some_kinds_may_be_tracked(birds: Path) -> None:
    configure(birds, tracked=["pipeline"])
    run(birds, "build")
    found, events = recorded(birds / "home")
    assert (found.job_name, found.status.value) == ("Birds", "SUCCESS")
    assert [text.rpartition(" took ")[0] for text in said(events)] == ["train.fit"]


def test_calls_outside_of_a_run_are_left_out(birds: Path) -> None:
    configure(birds, integration_types=["pipeline", "component"])
    done = run(birds, "build")
    assert (done.stderr, done.stdout.splitlines()[0]) == ("", "fitting")
    assert not (birds / "home" / "history").exists()


def test_an_instance_that_is_not_there_is_named(birds: Path) -> None:
    done = run(birds, "build", code=4, home=birds / "nowhere")
    assert done.stderr == (
        f"error: there is no folder {str(birds / 'nowhere')!r} for Dagster's instance\n"
        "hint: make it, or name another one by DAGSTER_HOME or `dagster_home` in the"
        " orchestrator's config\n"
    )
