"""The life of a deployment on a real webserver, by the `lolpop` command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dagster_project import Project, run_id_of

_EVENTS = """
query($run: ID!) { logsForRun(runId: $run) { ... on EventConnection { events {
  __typename
  ... on MessageEvent { message stepKey }
  ... on MaterializationEvent { assetKey { path } description metadataEntries {
    label ... on TextMetadataEntry { text } ... on IntMetadataEntry { intValue } } }
} } } }
"""
_CONFIG = """
query($job: PipelineSelector!, $config: RunConfigData!) {
  isPipelineConfigValid(pipeline: $job, mode: "default", runConfigData: $config) {
    __typename ... on RunConfigValidationInvalid { errors { message } } } }
"""
_SEEN = """
query($job: PipelineSelector!) { pipelineOrError(params: $job) {
  __typename ... on Pipeline { description } } }
"""


def selector(deployment: Any) -> dict[str, str]:
    return {
        "repositoryLocationName": "lolpop",
        "repositoryName": "__repository__",
        "pipelineName": deployment["engine_id"],
    }


def events(engine: Any, run_id: str) -> list[Any]:
    found: list[Any] = engine.ask(_EVENTS, run=run_id)["logsForRun"]["events"]
    return found


def test_a_whole_life(engine: Any, project: Project) -> None:
    users = engine.users.read_bytes()
    project.write(deployment={"parameters": {"seed": 5}})
    assert "create  job" in project.said("deployment", "plan")
    deployment = project.json("deployment", "build")["deployment"]
    job = deployment["engine_id"]
    assert deployment["url"] == f"{engine.url}/locations/lolpop/jobs/{job}"
    before = {path: path.stat().st_mtime_ns for path in engine.folder.rglob("*.json")}

    # The same again writes nothing.
    assert project.said("deployment", "build").startswith("unchanged: ")
    assert {path: path.stat().st_mtime_ns for path in engine.folder.rglob("*.json")} == before

    # The launchpad knows the parameters.
    config = {"resources": {"parameters": {"config": {"seed": "five"}}}}
    answer = engine.ask(_CONFIG, job=selector(deployment), config=config)["isPipelineConfigValid"]
    assert answer["__typename"] == "RunConfigValidationInvalid"
    assert "Invalid scalar" in answer["errors"][0]["message"]

    # What a step prints and gives shows as events of its op.
    run_id = run_id_of(project, "--param", "note=a note")
    assert project.ended(run_id)["run"]["state"] == "succeeded"
    found = events(engine, run_id)
    said = [each for each in found if each["__typename"] == "LogMessageEvent"]
    assert [(each["stepKey"], each["message"]) for each in said] == [("train_fit", "fitting 5")]
    table, file = [each for each in found if each["__typename"] == "MaterializationEvent"]
    assert table["assetKey"]["path"] == [deployment["engine_id"], "train", "fit"]
    entries = {
        each["label"]: each.get("text", each.get("intValue")) for each in table["metadataEntries"]
    }
    assert entries["type"].startswith("pandas.")
    assert entries["shape"] == "5 x 1"
    assert entries["preview"] == "DataFrame 5 x 1: weight"
    assert len(entries["digest"]) == 64
    assert entries["size"] > 0
    assert file["assetKey"]["path"][-1] == "write"

    assert project.said("deployment", "logs", "--run", run_id) == "train.fit | fitting 5\n"
    project.said("deployment", "remove")
    seen = engine.ask(_SEEN, job=selector(deployment))["pipelineOrError"]
    assert seen["__typename"] == "PipelineNotFoundError"
    assert engine.users.read_bytes() == users


def test_logs_follow_a_run_and_what_prints_much_loses_nothing(project: Project) -> None:
    project.write("talk")
    project.said("deployment", "build")
    run_id = run_id_of(project)
    said = project.said("deployment", "logs", "--follow", "--run", run_id)
    assert said.splitlines() == [f"train.chatter | line {number}" for number in range(3000)]


def test_a_step_may_run_in_an_environment_of_the_packages_own(project: Project) -> None:
    (project.folder).mkdir()
    (project.folder / "requirements.txt").write_text("")
    source = {"environment": "venv", "requirements": "requirements.txt"}
    project.write("where", package=source)
    text = (project.folder / "birds.py").read_text()
    (project.folder / "birds.py").write_text(text.replace("import numpy\nimport pandas\n", ""))
    project.said("deployment", "build")
    run_id = run_id_of(project)
    assert project.ended(run_id)["run"]["state"] == "succeeded"
    found = project.said("runs", "get", run_id, "train.interpreter")
    assert sys.prefix not in found


def test_a_run_that_is_stopped_is_cancelled_with_its_processes(project: Project) -> None:
    project.write("doze", steps={"train.doze": {"retries": 3}})
    project.said("deployment", "build")
    run_id = run_id_of(project)
    project.until(lambda: "dozing" in project.said("deployment", "logs", "--run", run_id))
    project.said("deployment", "stop")
    found = project.json("deployment", "status", "--run", run_id)
    assert found["run"]["state"] == "cancelled"
    (step,) = found["steps"]
    assert (step["state"], len(step["attempts"])) == ("cancelled", 1)


def test_a_run_under_way_does_not_change_with_its_deployment(project: Project) -> None:
    project.write("doze")
    project.said("deployment", "build")
    run_id = run_id_of(project)
    project.write("build")
    said = project.said("deployment", "build", code=3)
    assert run_id in said
    project.said("deployment", "stop")


def test_what_dagster_cannot_take_leaves_nothing(engine: Any, project: Project) -> None:
    project.config = {**engine.config, "executor": "nowhere:at_all"}
    said = project.write().said("deployment", "build", code=4)
    assert said == (
        "error: Dagster can't take the deployment: This deployment is broken: executor"
        " 'nowhere:at_all' can't be used: No module named 'nowhere'\n"
    )
    assert project.name not in project.said("deployment", "list")
    assert not [*engine.folder.rglob("*birds__*.json")]


def test_a_schedule_is_dagsters_and_waits_for_a_daemon(engine: Any, project: Project) -> None:
    project.write(deployment={"schedule": {"cron": "0 6 * * *", "timezone": "Europe/Paris"}})
    reason = (
        "Dagster's daemon doesn't run: `dagster-daemon run`, with the webserver's DAGSTER_HOME and"
        " workspace files, starts it"
    )
    assert f"the schedule doesn't fire: {reason}" in project.said("deployment", "plan")
    deployment = project.json("deployment", "build")["deployment"]
    assert deployment["schedule_state"] == "inactive"
    assert deployment["schedule_reason"] == reason


def test_a_webserver_without_the_workspace_file_is_named(engine: Any, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    config = {**engine.config, "workspace": str(other), "location": "elsewhere"}
    project = Project(tmp_path / "birds", config, "birds").write()
    said = project.said("deployment", "build", code=4)
    assert said == (
        f"error: Dagster at {engine.url!r} has no code location 'elsewhere'\n"
        "hint: start it with lolpop's workspace file beside yours: `dagster-webserver -w"
        f" workspace.yaml -w {other}`, and `dagster-daemon run` with the same two; `python -m"
        f" lolpop_dagster --location elsewhere {other}` makes the file\n"
    )
    assert not other.exists()


@pytest.mark.parametrize("made", [False, True])
def test_a_webserver_with_another_workspace_file_is_named(
    engine: Any, tmp_path: Path, made: bool
) -> None:
    other = tmp_path / "other.yaml"
    if made:
        subprocess.run([sys.executable, "-m", "lolpop_dagster", other], check=True)
    before = [*tmp_path.rglob("*")]
    config = {**engine.config, "workspace": str(other), "patience": 8}
    project = Project(tmp_path / "birds", config, "birds-other").write()
    said = project.said("deployment", "build", code=4)
    theirs, ours = (
        str(each.with_suffix(".d") / "lolpop_location.py") for each in (engine.workspace, other)
    )
    assert said == (
        f"error: Dagster at {engine.url!r} makes the code location 'lolpop' from {theirs!r}, and"
        f" not from {ours!r}\n"
        "hint: name the workspace file that it was started with under `workspace` in the"
        " orchestrator's config, or start it with `dagster-webserver -w workspace.yaml -w"
        f" {other}`\n"
    )
    assert {*tmp_path.rglob("*")} - {*project.folder.rglob("*"), project.folder} == {*before}


def test_a_file_that_is_broken_is_listed_by_dagster_and_hurts_nothing(
    engine: Any, project: Project
) -> None:
    folder = engine.workspace.with_suffix(".d") / "deployments"
    project.write()
    (folder / "spoilt.json").write_text("{")
    try:
        project.said("deployment", "build")
        seen = engine.ask(_SEEN, job=selector({"engine_id": "spoilt"}))["pipelineOrError"]
        assert seen["description"].startswith(
            "This deployment is broken: the file isn't a deployment: "
        )
        run_id = run_id_of(project)
        assert project.ended(run_id)["run"]["state"] == "succeeded"
    finally:
        (folder / "spoilt.json").unlink()


def test_a_location_that_does_not_load_is_named(engine: Any, project: Project) -> None:
    module = engine.workspace.with_suffix(".d") / "lolpop_location.py"
    text = module.read_text()
    timed = {"schedule": {"cron": "0 6 * * *"}}
    project.write(deployment=timed).said("deployment", "build")
    (file,) = engine.folder.rglob(f"deployments/*{project.name[-8:]}*")
    before = file.read_bytes()
    module.write_text(text + "raise RuntimeError('on purpose')\n")
    reason = f"Dagster at {engine.url!r} can't load the code location 'lolpop': "
    try:
        said = project.write("talk", deployment=timed).said("deployment", "build", code=4)
        assert f"error: {reason}" in said
        assert "RuntimeError: on purpose" in said
        assert file.read_bytes() == before
        stopped = project.said("deployment", "stop", code=4)
    finally:
        module.write_text(text)
    # The daemon may have loaded it, and starts runs.
    assert stopped.startswith(
        f"error: the schedule of {project.name!r} can't be suspended, its runs are ended: {reason}"
    )
    assert stopped.endswith(
        f"hint: the Python that {str(engine.workspace)!r} names must have lolpop-dagster; to name"
        f" another one, delete that file, let `python -m lolpop_dagster {engine.workspace}` make it"
        " with that Python, and start the webserver and the daemon anew: they keep what they have"
        " read\n"
    )
    assert project.said("deployment", "stop")


_IMPORTED = """
import json, sys
from lolpop.cli import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    code = ended.code
heavy = sorted(name for name in sys.modules if name.split(".")[0] in ("dagster", "grpc"))
sys.stderr.write("HEAVY " + json.dumps([code, heavy]))
"""


def test_no_verb_imports_dagster(project: Project) -> None:
    project.write()
    for verb in ("plan", "build", "run", "status", "list", "logs", "stop", "remove"):
        done = subprocess.run(
            [sys.executable, "-c", _IMPORTED, "deployment", verb],
            cwd=project.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        code, heavy = json.loads(done.stderr.rpartition("HEAVY ")[2])
        assert (code, heavy) == (0, []), done.stdout + done.stderr


def test_a_workspace_within_the_project_is_refused(engine: Any, tmp_path: Path) -> None:
    file = tmp_path / "birds" / "lab-workspace.yaml"
    config = {**engine.config, "workspace": str(file)}
    project = Project(file.parent, config, "birds-within").write()
    subprocess.run([sys.executable, "-m", "lolpop_dagster", file], check=True)
    assert project.said("deployment", "build", code=3) == (
        f"error: deployment 'birds-within' is refused: the workspace file {str(file)!r} would be"
        " packaged with the project, and each deployment in it change the package\n"
        "hint: name one outside of the project: a single one serves all projects\n"
    )
