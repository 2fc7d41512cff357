"""What others do to a deployment on a real webserver meanwhile, and what Dagster doesn't let do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dagster_project import Project, run_id_of
from dagster_samples import job_file

from lolpop.contract import RunRef
from lolpop.errors import EngineError
from lolpop_dagster.api import Api
from lolpop_dagster.config import DagsterConfig
from lolpop_dagster.jobfile import content_of
from lolpop_dagster.registry import UNREADABLE, Registry
from lolpop_dagster.stopping import Stopping
from lolpop_dagster.workspace import Workspace


def test_a_file_that_a_newer_one_wrote_is_listed_and_left_alone(
    engine: Any, project: Project
) -> None:
    project.write().said("deployment", "build")
    (file,) = engine.folder.rglob(f"deployments/*{project.name[-8:]}*")
    before = file.read_bytes()
    file.write_text(json.dumps({**json.loads(before), "schema_version": 2, "new": 1}))
    try:
        (found,) = [
            each for each in project.json("deployment", "list") if each["name"] == project.name
        ]
        assert found["problem"].startswith("its file can't be read: ")
        for verb, code in (("build", 3), ("remove", 4)):
            said = project.said("deployment", verb, code=code)
            assert f"the file {str(file)!r} of deployment {project.name!r} can't be read: " in said
            assert said.endswith(f"hint: {UNREADABLE}\n")
    finally:
        file.write_bytes(before)


def test_what_somebody_else_deploys_meanwhile_is_theirs(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(engine.workspace, "lolpop")
    registry = Registry(Api(DagsterConfig(url=engine.url)), workspace, 30)
    ours, theirs = (job_file("raced", executor=each) for each in ("in_process", "multiprocess"))
    folder, reload = workspace.deployments, registry.location.reload

    def meanwhile() -> None:
        folder.write("raced", content_of(theirs))
        reload()

    monkeypatch.setattr(registry.location, "reload", meanwhile)
    try:
        for act in (lambda: registry.put(ours), lambda: registry.take("raced")):
            with pytest.raises(EngineError) as raised:
                act()
            assert raised.value.message == "somebody else deployed 'raced' meanwhile"
            assert raised.value.hint == "`lolpop deployment list` says what is there now"
            assert folder.read("raced") == content_of(theirs)
    finally:
        folder.delete("raced")
        reload()


_AGAIN = """
mutation($params: ReexecutionParams!) { launchRunReexecution(reexecutionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
_DELETE = "mutation($run: String!) { deletePipelineRun(runId: $run) { __typename } }"


def test_a_rerun_of_all_takes_todays_package_and_one_from_failure_the_old_one(
    engine: Any, project: Project
) -> None:
    project.write()
    source = (project.folder / "birds.py").read_text()
    write = 'Path("table.csv").write_text(table.to_csv())'
    (project.folder / "birds.py").write_text(source.replace(write, "raise OSError('full')"))
    project.said("deployment", "build")
    run_id = run_id_of(project)
    assert project.ended(run_id)["run"]["state"] == "failed"

    # What is built next has a step more.
    more = "self.train.write(self.train.fit(seed))"
    source = source.replace(more, f"{more}, self.train.chatter(2)")
    (project.folder / "birds.py").write_text(source)
    project.said("deployment", "build")
    again = {}
    for strategy in ("ALL_STEPS", "FROM_FAILURE"):
        params = {"parentRunId": run_id, "strategy": strategy}
        again[strategy] = engine.ask(_AGAIN, params=params)["launchRunReexecution"]["run"]["runId"]
    whole = project.ended(again["ALL_STEPS"])
    assert whole["run"]["state"] == "succeeded"
    steps = [step["name"] for step in whole["steps"]]
    assert steps == ["train.fit", "train.write", "train.chatter"]
    part = project.ended(again["FROM_FAILURE"])
    assert (part["run"]["state"], part["error"]) == (
        "failed",
        f"EngineError: run {run_id!r}, from which this one goes on, has a package with other steps"
        " than the job has by now: start a new run",
    )


def test_a_run_that_dagster_does_not_let_end_is_named(engine: Any, project: Project) -> None:
    project.write("doze").said("deployment", "build")
    run_id = run_id_of(project)
    with engine.another_webserver("--read-only") as url:
        project.config = {**engine.config, "url": url}
        project.write("doze")
        said = project.said("deployment", "stop", "--run", run_id, code=4)
    assert said == (
        f"error: Dagster at {url!r} refuses to end run {run_id!r}: You do not have permission to"
        " terminate this run\n"
        "hint: name a webserver under `url` that may: one with --read-only ends nothing\n"
    )
    project.config = engine.config
    project.write("doze").said("deployment", "stop")

    # One that is deleted is over.
    file = job_file(project.name)
    engine.ask(_DELETE, run=run_id)
    stopping = Stopping(Api(DagsterConfig(url=engine.url)), file, 5)
    assert stopping._is_over(RunRef("DagsterOrchestrator", project.name, run_id))
