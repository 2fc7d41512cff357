"""Jobs are built from files alone: one op for each step, one graph for each group."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import pytest
from dagster_samples import CHAIN, NESTED, job_file

from lolpop.contract import Order, Schedule, StepSettings
from lolpop.errors import EngineError
from lolpop_dagster.building import job_of
from lolpop_dagster.executors import executor_of
from lolpop_dagster.jobfile import Folder, JobFile, content_of, parse
from lolpop_dagster.location import repository_of
from lolpop_dagster.naming import Names


def dependencies(file: JobFile) -> dict[str, set[str]]:
    """Give each step's key with the keys that it waits for, as Dagster would run them."""
    from dagster._core.execution.api import create_execution_plan

    plan = create_execution_plan(job_of(file, "r"))
    return {step.key: {*step.get_execution_dependency_keys()} for step in plan.steps}


@pytest.mark.parametrize("graph", [CHAIN, NESTED])
def test_each_step_waits_for_exactly_those_that_the_graph_says(graph: object) -> None:
    file = job_file(graph=graph)  # type: ignore[arg-type]
    keys = Names(file.graph).keys
    wanted = {keys[step.name]: {keys[name] for name in step.after} for step in file.graph.steps}
    assert dependencies(file) == wanted


def test_an_op_says_what_its_step_is() -> None:
    job = job_of(job_file(steps={"load.read": StepSettings(retries=2, retry_delay=1.5)}), "r")
    op = job.get_node_named("load_read").definition
    assert isinstance(op, dg.OpDefinition)
    assert op.description == "Read it.\n\nbirds.py:7"
    assert op.tags == {"lolpop/step": "load.read"}
    assert op.retry_policy == dg.RetryPolicy(max_retries=2, delay=1.5)
    other = job.get_node_named("train_fit_2").definition
    assert isinstance(other, dg.OpDefinition)
    assert other.retry_policy is None


def test_a_job_says_what_its_deployment_is() -> None:
    file = job_file("lab-birds", tags={"team": "lab"})
    job = job_of(file, "0123")
    assert job.name == "lab__birds"
    assert job.description == "Deployment `lab-birds` of project `lab`, by lolpop."
    assert job.tags == {
        "team": "lab",
        "lolpop/deployment": "lab-birds",
        "lolpop/project": "lab",
        "lolpop/package": "a" * 64,
        "lolpop/digest": file.digest,
        "lolpop/revision": "0123",
    }


def test_a_file_is_read_as_it_was_written() -> None:
    file = job_file(graph=NESTED, schedule=Schedule("0 6 * * *"))
    assert parse(content_of(file)) == file
    assert content_of(parse(content_of(file))) == content_of(file)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    found = Folder(tmp_path)
    found.write("one", content_of(job_file("one")))
    found.write("two", content_of(job_file("two", schedule=Schedule("0 6 * * *"))))
    return found


def test_two_deployments_may_have_steps_of_one_name(folder: Folder) -> None:
    repository = repository_of(folder.path)
    assert {job.name for job in repository.get_all_jobs()} == {"one", "two"}
    assert [schedule.name for schedule in repository.schedule_defs] == ["two_schedule"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "the file isn't a deployment: Expecting property name"),
        (b"{}", "JobFile: the field 'package' is missing, found nothing"),
        (
            json.dumps({**json.loads(content_of(job_file())), "schema_version": 2}).encode(),
            "the deployment has schema version 2, this lolpop-dagster reads up to 1",
        ),
        (
            content_of(job_file("broken", executor="nowhere:at_all")),
            "executor 'nowhere:at_all' can't be used: No module named 'nowhere'",
        ),
        (
            content_of(job_file("broken", executor="os:getcwd")),
            "it is a builtin_function_or_method, not an ExecutorDefinition",
        ),
        (
            content_of(job_file("broken", executor_config={"no": "such"})),
            'unexpected config entry "no"',
        ),
        (
            content_of(job_file("broken", schedule=Schedule("61 6 * * *"))),
            "Found invalid cron schedule '61 6 * * *'",
        ),
    ],
)
def test_a_broken_one_hurts_no_other_one(folder: Folder, content: bytes, reason: str) -> None:
    folder.write("broken", content)
    repository = repository_of(folder.path)
    jobs = {job.name: job for job in repository.get_all_jobs()}
    assert [schedule.name for schedule in repository.schedule_defs] == ["two_schedule"]
    assert {*jobs} == {"one", "two", "broken"}
    assert (jobs["broken"].description or "").startswith("This deployment is broken: ")
    assert reason in (jobs["broken"].description or "")
    result = jobs["broken"].execute_in_process(raise_on_error=False)
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    data = failure.step_failure_data.user_failure_data
    assert data
    assert reason in (data.description or "")


def test_what_lies_beside_them_hurts_nothing(folder: Folder) -> None:
    one = folder.file_of("one").read_bytes()
    for stray in ("one.bak", "context", "a b", "copy"):
        (folder.path / f"{stray}.json").write_bytes(one)
    (folder.path / "folder.json").mkdir()
    (folder.path / "deep.json").write_text("[" * 100_000)
    jobs = {job.name: job.description or "" for job in repository_of(folder.path).get_all_jobs()}
    assert {*jobs} == {"one", "two", "copy", "folder", "deep"}
    broken = "This deployment is broken: "
    assert jobs["copy"] == f"{broken}the file holds deployment 'one', whose file is 'one.json'"
    assert jobs["folder"].startswith(f"{broken}the file can't be read: ")
    assert jobs["deep"].startswith(f"{broken}the file isn't a deployment: ")


def test_a_folder_that_cannot_be_used_is_named(folder: Folder) -> None:
    path = folder.file_of("three")
    path.mkdir()
    hint = "lolpop reads and writes that folder: see whose it is, and its mode"
    for verb, act in (
        ("read", lambda: folder.read("three")),
        ("write", lambda: folder.write("three", b"")),
        ("delete", lambda: folder.delete("three")),
    ):
        with pytest.raises(EngineError) as raised:
            act()
        reason = "Is a directory"
        assert (raised.value.message, raised.value.hint) == (
            f"can't {verb} {str(path)!r}: {reason}",
            hint,
        )


def test_executors_are_those_that_are_named() -> None:
    named = {
        None: "in_process",
        "multiprocess": "multiprocess",
        "dagster:in_process_executor": "in_process",
    }
    for given, name in named.items():
        assert executor_of(job_file(executor=given)).name == name
    assert NESTED.order is Order.DATA
    assert executor_of(job_file(graph=NESTED)).name == "multiprocess"
