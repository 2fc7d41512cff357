"""Which calls beneath a step are folded."""

from __future__ import annotations

import asyncio
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from airflow_project import Project

import lolpop
from lolpop.execution import asides
from lolpop_airflow import folding
from lolpop_airflow.folding import STEP, Folding


class Scale(lolpop.Component):
    def up(self) -> None:
        print("up")

    async def later(self) -> None:
        print("later")

    def pieces(self) -> Any:
        yield 1

    def fail(self) -> None:
        raise ValueError("no")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give what a step of the name `scale.up` says aside."""
    found: list[str] = []
    monkeypatch.setenv(STEP, "scale.up[2]")
    monkeypatch.setattr(asides, "_heard", True)
    monkeypatch.setattr(folding, "aside", found.append)
    return found


def wrapped(method: str, made: Folding) -> Any:
    scale = Scale.create()
    scale.__dict__["name"] = "scale"
    return made.wrap(getattr(scale, method), scale)


def test_a_plain_run_is_left_as_it_is() -> None:
    assert wrapped("up", Folding()) is None


def test_a_runners_methods_and_generators_are_left_as_they_are(said: list[str]) -> None:
    runner = SimpleNamespace(kind="runner", name="birds", up=lambda: None)
    assert Folding().wrap(runner.up, runner) is None
    assert wrapped("pieces", Folding()) is None


def test_the_steps_own_call_is_no_group_but_further_ones_are(said: list[str]) -> None:
    up = wrapped("up", Folding())
    for _ in range(3):
        up()
    assert said == ["::group::scale.up", "::endgroup::", "::group::scale.up[2]", "::endgroup::"]


def test_coroutines_and_failures_end_their_groups(said: list[str]) -> None:
    made = Folding()
    asyncio.run(wrapped("later", made)())
    with pytest.raises(ValueError, match="no"):
        wrapped("fail", made)()
    assert said == ["::group::scale.later", "::endgroup::", "::group::scale.fail", "::endgroup::"]


def test_what_runs_beside_is_not_folded(said: list[str]) -> None:
    beside = Thread(target=lambda: asyncio.run(wrapped("later", Folding())()))
    beside.start()
    beside.join()
    assert said == []


def test_a_workflow_runs_without_airflow(tmp_path: Path) -> None:
    project = Project(tmp_path / "birds", {"api_url": "http://127.0.0.1:9"}, "birds")
    assert project.write().json("run", "workflow")["result"] == 5
