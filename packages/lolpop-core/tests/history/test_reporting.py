from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lolpop.contract import RunState, StatusSource, StepState
from lolpop.deploying.standing import History
from lolpop.history.reporting import place_of, report_of
from lolpop.pictures.report import ArtifactView, page
from lolpop.storage import Store, artifacts
from lolpop.storage.names import LONGEST


def test_a_report_holds_all_that_the_records_have(past: Any) -> None:
    run = past.open("1", parameters={"seed": 8})
    attempt = run.claim("work.make")
    attempt.append_log("größe\n".encode() + b"\xff\n")
    attempt.close(StepState.FAILED, "E: x", 1)
    past.succeed(run, "work.make", value={"rows": [1]})
    past.succeed(run, "work.do", value={1, 2})
    run.end(RunState.CANCELLED)
    report = report_of(past.history, run)
    assert (report.deployment, report.status.source) == (None, StatusSource.RECORDS)
    assert [step.name for step in report.graph.steps] == ["work.make", "work.do", "work.end"]
    assert report.parameters == {"seed": 8}
    assert report.logs == {
        ("work.make", 0): "größe\n\ufffd\n",
        ("work.make", 1): "",
        ("work.do", 0): "",
    }
    made = run.output("work.make")
    assert report.artifacts["work.make"] == ArtifactView(
        type_name="dict",
        kind="json",
        size=made.size,
        digest=made.digest,
        preview='{\n  "rows": [\n    1\n  ]\n}',
    )
    assert report.artifacts["work.do"].preview == "{1, 2}"
    assert (report.package_digest, report.storage) == (past.digest, past.store.url)
    assert "8" in page(report)


def test_secrets_are_hidden_whether_or_not_they_are_known_here(
    past: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = past.package_with(config={"key": "${env:LOLPOP_TEST_KEY}"})
    parameters = {"seed": 8, "token": "hunter2", "note": "s3cret-value"}
    run = past.open("1", package=package, parameters=parameters)
    past.succeed(run, "work.make", value={"key": "s3cret-value", "other": "hunter2"})
    noted = replace(artifacts.put(past.store, ["s3cret-value"], past.folder), preview="['***']")
    run.claim("work.do").close(StepState.SUCCEEDED, output=noted, exit_code=0)
    monkeypatch.delenv("LOLPOP_TEST_KEY", raising=False)
    assert report_of(past.history, run).artifacts["work.do"].preview == "['***']"
    monkeypatch.setenv("LOLPOP_TEST_KEY", "s3cret-value")
    report = report_of(past.history, run)
    assert report.parameters == {"seed": 8, "token": "***", "note": "***"}
    shown = page(report)
    assert "s3cret-value" not in shown
    assert "hunter2" not in shown


def test_what_is_long_is_cut_and_what_is_large_is_not_read(past: Any) -> None:
    run = past.open()
    past.succeed(run, "work.make", value="x" * 3000)
    past.succeed(run, "work.do", value="y" * 200_000)
    views = report_of(past.history, run).artifacts
    assert views["work.make"].preview == "x" * 2000 + "…"
    assert len(views["work.do"].preview) < 300


def test_an_output_that_is_gone_is_shown_as_it_was_noted(past: Any) -> None:
    run = past.open()
    past.succeed(run, "work.make", value=[1, 2])
    for key in past.store.list("artifacts"):
        past.store.delete(key)
    assert report_of(past.history, run).artifacts["work.make"].preview == "[1, 2]"


def test_a_report_needs_no_package(past: Any) -> None:
    run = past.open(package="0" * 64)
    past.succeed(run, "work.make")
    report = report_of(past.history, run)
    assert report.graph is None
    assert "work.make" in page(report)
    assert "work.make" in page(replace(report, storage=None, package_digest=None))


def test_a_report_lies_in_the_storage_if_that_is_a_folder(past: Any, tmp_path: Path) -> None:
    run = past.open("scheduled__2024-01-01T00:00:00+00:00", "Airflow", "é" * LONGEST)
    place = place_of(past.history, run)
    assert place.is_relative_to(past.folder / ".lolpop" / "reports" / "Airflow")
    assert place.name == "scheduled__2024-01-01T00%3A00%3A00%2B00%3A00.html"
    remote = History(Store("memory://reports"))
    assert place_of(remote, run) == Path("scheduled__2024-01-01T00%3A00%3A00%2B00%3A00.html")


def test_no_pickle_is_loaded_for_a_report(past: Any) -> None:
    output = artifacts.put(past.store, {1: Trap()}, past.folder)
    run = past.open()
    run.claim("work.make").close(StepState.SUCCEEDED, output=output)
    assert report_of(past.history, run).artifacts["work.make"].kind == "pickle"
    assert Trap.sprung == 0


class Trap:
    sprung = 0

    def __setstate__(self, state: object) -> None:
        type(self).sprung += 1

    def __getstate__(self) -> dict[str, int]:
        return {"x": 1}
