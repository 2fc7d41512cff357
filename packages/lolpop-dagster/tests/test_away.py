"""A webserver that goes away in the middle of a verb: an error, and nothing half done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster_between import gone_at
from dagster_project import Project

_JOBS = """
query($location: RepositorySelector!) { repositoryOrError(repositorySelector: $location) {
  ... on Repository { pipelines { name } } } }
"""
_RUNS = """
query($job: String!) { runsOrError(filter: {pipelineName: $job}) {
  ... on Runs { results { runId status } } } }
"""
AWAY = (
    "error: Dagster doesn't answer at {!r}: Remote end closed connection without response\n"
    "hint: `dagster-webserver -w FILE` starts it; `url` in the orchestrator's config names"
    " another\n"
)


@pytest.fixture
def project(engine: Any, tmp_path: Path) -> Iterator[Project]:
    """Give a project that isn't deployed."""
    name = f"away{tmp_path.name[-8:].replace('_', '')}"
    made = Project(tmp_path / "birds", engine.config, name).write()
    yield made
    made.call("deployment", "remove")


def files(engine: Any, project: Project) -> list[bytes]:
    folder = engine.workspace.with_suffix(".d") / "deployments"
    return [path.read_bytes() for path in folder.glob(f"{project.name}*")]


def jobs(engine: Any) -> list[str]:
    location = {"repositoryName": "__repository__", "repositoryLocationName": "lolpop"}
    found = engine.ask(_JOBS, location=location)["repositoryOrError"]["pipelines"]
    return [job["name"] for job in found]


def runs(engine: Any, project: Project) -> list[Any]:
    found: list[Any] = engine.ask(_RUNS, job=project.name)["runsOrError"]["results"]
    return found


def broken_off(
    engine: Any, project: Project, at: str, verb: str, entrypoint: str = "build"
) -> None:
    """Call a verb whose webserver goes away; it says so."""
    with gone_at(at, engine.url) as url:
        project.config = {**engine.config, "url": url}
        said = project.write(entrypoint).said("deployment", verb, code=4)
    project.config = engine.config
    project.write(entrypoint)
    assert said == AWAY.format(url)


def test_a_build_that_is_broken_off_registers_nothing(engine: Any, project: Project) -> None:
    broken_off(engine, project, "mutation Reload", "build")
    assert files(engine, project) == []
    assert project.name not in jobs(engine)

    # Nor does it change what was there before.
    project.write(steps={"train.fit": {"retries": 2}}).said("deployment", "build")
    (before,) = files(engine, project)
    broken_off(engine, project, "mutation Reload", "build")
    assert files(engine, project) == [before]


def test_a_remove_that_is_broken_off_can_be_repeated(engine: Any, project: Project) -> None:
    project.said("deployment", "build")
    broken_off(engine, project, "mutation Reload", "remove")
    assert len(files(engine, project)) == 1
    project.said("deployment", "remove")
    assert files(engine, project) == []
    assert project.name not in jobs(engine)


def test_a_run_and_a_stop_that_are_broken_off_can_be_repeated(
    engine: Any, project: Project
) -> None:
    project.write("doze").said("deployment", "build")
    broken_off(engine, project, "mutation Launch", "run", "doze")
    assert runs(engine, project) == []

    run_id = project.json("deployment", "run")["ref"]["run_id"]
    project.until(lambda: "dozing" in project.said("deployment", "logs", "--run", run_id))
    broken_off(engine, project, "mutation Terminate", "stop", "doze")
    (run,) = runs(engine, project)
    assert run["status"] == "STARTED"
    assert run_id in project.said("deployment", "stop")
    (run,) = runs(engine, project)
    assert run["status"] == "CANCELED"
