"""The life of a deployment on a real Airflow, by the `lolpop` command, and what gets in its way."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow_engine import GUEST
from airflow_project import Project

from lolpop.contract import RunRef
from lolpop_airflow import registering
from lolpop_airflow.config import AirflowConfig
from lolpop_airflow.connecting import AnswerError, Api
from lolpop_airflow.logs import lines

RARELY = {"schedule": {"cron": "0 6 1 1 *"}}


@pytest.fixture
def project(engine: Any, tmp_path: Path) -> Any:
    """Give a project; what it has deployed is removed."""
    made = Project(tmp_path / "birds", engine.config, f"birds-{tmp_path.name[-8:]}")
    yield made
    if made.folder.exists():
        made.call("deployment", "remove")


def test_a_whole_life(engine: Any, project: Project) -> None:
    # What its schedule has just missed isn't made up for.
    minute = (datetime.now(UTC) - timedelta(minutes=2)).minute
    project.write(deployment={"schedule": {"cron": f"{minute} * * * *", "timezone": "UTC"}})
    deployment = project.json("deployment", "build")["deployment"]
    dag = deployment["engine_id"]
    assert deployment["url"] == f"{engine.url}/dags/{dag}"
    file = engine.dags / f"lolpop_{dag}.py"
    written = file.stat().st_mtime_ns

    # The same again writes nothing.
    assert project.said("deployment", "build").startswith("unchanged: ")
    assert file.stat().st_mtime_ns == written

    run = project.json("deployment", "run")
    run_id = run["ref"]["run_id"]
    assert run["url"] == f"{engine.url}/dags/{dag}/runs/{run_id}"
    assert project.ended(run_id)["run"]["state"] == "succeeded"
    logs = project.said("deployment", "logs", "--run", run_id)
    assert "fitting 3 from 2024-01-01 06:30:00" in logs
    assert "fitting 4" in logs
    assert logs.count("seen []") == 2

    # What Airflow's own command starts is the same; its form says null where nobody chose.
    conf = '{"seed": 5, "since": null, "at": "07:00"}'
    words = ["dags", "trigger", dag, "--run-id", "by-hand", "--conf", conf]
    done = subprocess.run(
        [engine.python, "-m", "airflow", *words],
        env=engine.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.ended("by-hand")["run"]["state"] == "succeeded"
    logs = project.said("deployment", "logs", "--run", "by-hand")
    assert "fitting 5 from 2024-01-01 07:00:00" in logs
    assert "fitting 6" in logs
    task = next(
        iter(engine.ask("GET", f"/dags/{dag}/dagRuns/by-hand/taskInstances")["task_instances"])
    )
    path = f"/dags/{dag}/dagRuns/by-hand/taskInstances/{task['task_id']}/xcomEntries/return_value"
    given = engine.ask("GET", path)["value"]
    given = json.loads(given) if isinstance(given, str) else given
    assert {*given} == {"step", "attempt", "seconds"}
    runs = engine.ask("GET", f"/dags/{dag}/dagRuns")["dag_runs"]
    assert {run["dag_run_id"] for run in runs} == {run_id, "by-hand"}

    project.said("deployment", "remove")
    assert not file.exists()
    assert engine.ask("GET", f"/dags/{dag}") is None


def test_calls_beneath_a_step_are_folded_in_its_tasks_log(engine: Any, project: Project) -> None:
    dag = project.write("grow").json("deployment", "build")["deployment"]["engine_id"]
    run_id = project.json("deployment", "run")["ref"]["run_id"]
    assert project.ended(run_id)["run"]["state"] == "failed"
    path = f"/dags/{dag}/dagRuns/{run_id}/taskInstances/train.grow/logs/1?full_content=true"
    events = [each["event"] for each in engine.ask("GET", path)["content"]]
    begun = events.index("growing")
    assert events[begun : begun + 10] == [
        "growing",
        "::group::scale.up",
        "scaling 3",
        "::group::scale.plus",
        "::endgroup::",
        "::endgroup::",
        "::group::scale.up[2]",
        "scaling 4",
        "::group::scale.plus[2]",
        "::endgroup::",
    ]
    after = "".join(events[begun + 10 :])
    assert after.startswith("::endgroup::Traceback (most recent call last)")
    assert "ValueError: it is too large" in after
    # lolpop shows what was printed.
    assert "::" not in project.said("deployment", "logs", "--run", run_id)


def test_an_environment_of_the_packages_own_has_what_folds_them(
    engine: Any, project: Project
) -> None:
    project.write("grow", package={"environment": "venv", "requirements": "requirements.txt"})
    (project.folder / "requirements.txt").write_text("")
    dag = project.json("deployment", "build")["deployment"]["engine_id"]
    run_id = project.json("deployment", "run", "--param", "seed=1")["ref"]["run_id"]
    assert project.ended(run_id)["run"]["state"] == "succeeded"
    path = f"/dags/{dag}/dagRuns/{run_id}/taskInstances/train.grow/logs/1?full_content=true"
    events = [each["event"] for each in engine.ask("GET", path)["content"]]
    assert "::group::scale.up[2]" in events
    (file,) = engine.dags.glob(f"lolpop_{dag}.py")
    assert f"{project.folder}/.lolpop/environments/" in file.read_text("utf-8")


def test_somebody_paused_it(engine: Any, project: Project) -> None:
    project.write(deployment=RARELY)
    dag = project.json("deployment", "build")["deployment"]["engine_id"]
    engine.ask("PATCH", f"/dags/{dag}", {"is_paused": True})
    said = project.said("deployment", "run", code=4)
    assert f"dag '{dag}' is paused in Airflow, so the run would never start" in said
    assert "`lolpop deployment build` lets it run again" in said
    engine.ask("POST", f"/dags/{dag}/dagRuns", {"dag_run_id": "waits", "logical_date": None})
    message = project.json("deployment", "status", "--run", "waits")["message"]
    assert message == "its DAG is paused in Airflow: `lolpop deployment build` lets it run again"
    project.said("deployment", "build")
    assert project.ended("waits")["run"]["state"] == "succeeded"

    # A stop leaves it paused.
    engine.ask("PATCH", f"/dags/{dag}", {"is_paused": True})
    project.said("deployment", "stop")
    assert engine.ask("GET", f"/dags/{dag}")["is_paused"]

    # Not everybody may let it run again.
    guest = Api(AirflowConfig.model_validate({**engine.config, "username": GUEST}))
    with pytest.raises(AnswerError) as caught:
        registering.unpause(guest, dag)
    assert caught.value.message == (
        f"Airflow at {engine.url!r} knows user 'guest', but doesn't permit this"
    )
    assert caught.value.hint == (
        "let somebody who administers Airflow give that user the permission to read and edit DAGs"
        " and their runs"
    )


def test_airflow_does_not_read_files_for_a_while(engine: Any, project: Project) -> None:
    project.write("talk", deployment=RARELY)
    dag = project.json("deployment", "build")["deployment"]["engine_id"]
    other = Project(project.folder.with_name("other"), engine.config, f"{project.name}-other")
    other.write().said("deployment", "build")
    run_id = project.json("deployment", "run", "--param", "seconds=90")["ref"]["run_id"]
    asked = ("deployment", "status", "--run", run_id)
    project.until(lambda: project.json(*asked)["run"]["state"], "running".__eq__)
    for each in (project, other):
        each.config = {**engine.config, "patience": 1}
    project.write("talk", deployment=RARELY)
    other.write()
    engine.stop("dag-processor")
    try:
        # Runs end all the same; that the schedule is out isn't said before it is true.
        for _ in range(2):
            assert "hasn't read" in project.said("deployment", "stop", code=4)
        assert project.json(*asked)["run"]["state"] == "cancelled"

        said = other.said("deployment", "remove", code=4)
        assert f"Airflow still has dag '{other.name}' 1 s after its file is gone" in said
        assert "its removal isn't finished: `lolpop deployment remove` goes on" in other.said(
            "deployment", "list"
        )
        said = other.said("deployment", "run", code=4)
        assert f"deployment '{other.name}' is being removed, so the run would never start" in said

        # Airflow has lost its database.
        Api(AirflowConfig.model_validate(engine.config)).find("DAGApi", "delete_dag", dag_id=dag)
        status = project.json("deployment", "status")
        assert status["run"]["ref"]["run_id"] == run_id
        assert status["run"]["state"] == "cancelled"
        assert f"Airflow has no dag '{dag}'" in status["message"]
        project.said("deployment", "remove")
    finally:
        engine.start_one("dag-processor")
        engine.wait(lambda: engine.health("dag_processor") == "healthy")
    other.config = engine.config
    other.write().said("deployment", "remove")
    assert engine.ask("GET", f"/dags/{other.name}") is None
    assert [*engine.dags.glob(f"lolpop_{project.name}*")] == []


def test_what_is_not_ours_or_not_there(engine: Any, project: Project) -> None:
    theirs = engine.dags / "by_hand.py"
    theirs.write_text(
        f"from airflow.sdk import DAG\ndag = DAG({project.name!r}, schedule=None)\n", "utf-8"
    )
    try:
        project.until(lambda: engine.ask("GET", f"/dags/{project.name}"))
        project.config = {**engine.config, "pool": "tiny"}
        said = project.write().said("deployment", "build", code=3)
    finally:
        theirs.unlink()
    assert f"Airflow has a dag '{project.name}' that lolpop didn't make, from 'by_hand.py'" in said
    assert "choose another name with -n" in said
    assert "Airflow has no pool 'tiny', so no step would ever start" in said
    assert "`airflow pools set tiny 4 lolpop` makes one with 4 slots" in said
    assert not (engine.dags / f"lolpop_{project.name}.py").exists()


def expired(token: str, secret: str) -> str:
    """Give a token of Airflow's own as it is when its time is up."""
    head, body, _ = token.split(".")
    facts = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    old = base64.urlsafe_b64encode(json.dumps({**facts, "exp": 1}).encode()).rstrip(b"=").decode()
    algorithm = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["alg"]
    digest = getattr(hashlib, f"sha{algorithm[2:]}")
    signed = hmac.new(secret.encode(), f"{head}.{old}".encode(), digest).digest()
    return f"{head}.{old}.{base64.urlsafe_b64encode(signed).rstrip(b'=').decode()}"


def test_a_token_expires_while_logs_are_followed(engine: Any, project: Project) -> None:
    project.write("talk").said("deployment", "build")
    run_id = project.json("deployment", "run")["ref"]["run_id"]
    api = Api(AirflowConfig.model_validate(engine.config))
    texts, tokens = [], []
    for line in lines(api, RunRef("AirflowOrchestrator", project.name, run_id), None, follow=True):
        texts.append(line.text)
        if line.text == "line 2":
            configuration = api.client.configuration
            tokens.append(expired(configuration.access_token, engine.secrets[1]))
            configuration.access_token = tokens[0]
    assert [text for text in texts if text.startswith("line ")] == [f"line {n}" for n in range(8)]
    assert len(tokens) == 1
    assert api.client.configuration.access_token != tokens[0]


def test_broken_files_of_others_are_in_nobodys_way(engine: Any, project: Project) -> None:
    theirs = engine.dags / "lolpop_theirs.py"
    theirs.write_text("from airflow.sdk import DAG\nraise RuntimeError('broken')\n", "utf-8")
    try:
        project.write().said("deployment", "build")
        assert project.name in project.said("deployment", "list")
        other = Project(project.folder.with_name("other"), engine.config, "theirs").write()
        said = other.said("deployment", "build", code=3)
        assert f"the file {str(theirs)!r} isn't lolpop's" in said
        assert "RuntimeError" in theirs.read_text("utf-8")
    finally:
        theirs.unlink()


def test_dag_files_are_not_packaged_with_the_project(engine: Any, project: Project) -> None:
    project.write()
    inside = project.folder / "flows" / engine.dags.name
    inside.mkdir(parents=True)
    path = engine.dags / f"lolpop_{project.name}.py"
    (inside / path.name).write_text("# as if Airflow read the project's own folder\n")
    said = project.said("deployment", "build", code=3)
    assert f"the DAG file {str(path)!r} would be packaged with the project" in said
    glob = f"**/{engine.dags.name}/lolpop_*.py"
    assert f"leave it out: package: {{exclude: ['{glob}']}}" in said
    assert not path.exists()
    project.write(package={"exclude": [glob]}).said("deployment", "build")


def test_a_scheduler_that_does_not_run(engine: Any, project: Project) -> None:
    project.write().said("deployment", "build")
    engine.stop("scheduler")
    try:
        run_id = project.json("deployment", "run")["ref"]["run_id"]
        engine.wait(lambda: engine.health("scheduler") != "healthy")
        time.sleep(15)  # before that a run may wait without being asked why
        message = project.json("deployment", "status", "--run", run_id)["message"]
    finally:
        engine.start_one("scheduler")
        engine.wait(lambda: engine.health("scheduler") == "healthy")
    assert message == "nothing takes it: Airflow's scheduler isn't running (`airflow scheduler`)"
    assert project.ended(run_id)["run"]["state"] == "succeeded"
