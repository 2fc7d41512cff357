"""The life of a deployment on the embedded orchestrator, through the command."""

from __future__ import annotations

import os
import re
import signal
import time
from typing import Any

import psutil
import pytest


def states(answer: Any) -> dict[str, str]:
    return {step["name"]: step["state"] for step in answer["steps"]}


def test_a_workflow_is_packaged_once(project: Any) -> None:
    first = project.call("package")
    digest = re.match(r"packaged (\w{12}): ", first)
    assert digest
    assert first.endswith(
        "  steps  3: work.make, work.do, work.end\nnext: lolpop deployment build\n"
    )
    assert project.call("package") == first


def test_building_twice_changes_nothing(project: Any) -> None:
    first = project.call("build")
    assert re.fullmatch(
        r"created: deployment flow, package \w{12}\nnext: lolpop deployment run flow\n", first
    )
    assert project.call("build") == first.replace("created", "unchanged")


def test_another_configuration_updates_in_place(built: Any) -> None:
    assert built.call("build", "--set", 'steps."work.end".retries=3').startswith("updated: ")
    assert [each["name"] for each in built.ask("list")] == ["flow"]


def test_a_run_makes_every_step(built: Any) -> None:
    printed = built.call("run", "--wait")
    assert re.sub(r"\d+\.\d\d s|file:\S+|\d{8}-\d{6}-\w{6}", "…", printed) == (
        "started: run … of flow\n"
        "  succeeded work.make  …\n"
        "  succeeded work.do  …\n"
        "  succeeded work.end  …\n"
        "report: …\n"
        "done: run … succeeded\n"
    )
    assert built.seen == ["make well", "do well", "end 6"]
    assert built.call("logs", "--step", "work.do") == "doing well\n"


def test_parameters_reach_the_steps(built: Any) -> None:
    odd = "{{ ds }} \"q\" 'é'\n-x"
    built.call("run", "--wait", "--param", f"how={odd}")
    assert built.witness.read_text().startswith(f"make {odd}\n")


def test_an_unknown_parameter_is_refused(built: Any) -> None:
    assert built.call("run", "--param", "sed=8", code=2) == (
        "error: 'flow' has no parameter 'sed'\nhint: did you mean 'seed'?\n"
    )
    assert built.seen == []


@pytest.mark.parametrize(
    ("how", "error", "attempts", "state"),
    [
        ("fail", "ValueError: it is broken", 2, "failed"),
        ("fatal", "Fatal: never again", 1, "failed"),
        (
            "exit",
            "StepCrashed: the process of work.do ended with exit code 3, without a word",
            2,
            "crashed",
        ),
        (
            "kill",
            "StepCrashed: the process of work.do was ended by SIGKILL:"
            " perhaps the machine ran out of memory",
            2,
            "crashed",
        ),
    ],
)
def test_a_step_that_fails(built: Any, how: str, error: str, attempts: int, state: str) -> None:
    printed = built.call("run", "--wait", "--param", f"how={how}", code=1)
    assert "error: run" in printed
    assert f"of flow failed: work.do: {error}\n" in printed
    answer = built.ask("status")
    assert states(answer) == {"work.make": "succeeded", "work.do": state, "work.end": "skipped"}
    step = answer["steps"][1]
    assert [each["error"] for each in step["attempts"]] == [error] * attempts
    assert [each["engine_attempt"] for each in step["attempts"]] == list(range(attempts))
    assert built.seen == [f"make {how}", *[f"do {how}"] * attempts]
    assert built.call("logs").splitlines()[-1] == f"work.do | {error}"


def test_a_retry_that_succeeds(built: Any) -> None:
    built.call("run", "--wait", "--param", "how=twice")
    answer = built.ask("status")
    assert answer["run"]["state"] == "succeeded"
    assert [each["state"] for each in answer["steps"][1]["attempts"]] == ["failed", "succeeded"]


def test_a_step_that_takes_too_long(project: Any) -> None:
    project.call("build", "--set", 'steps."work.do"={timeout: 1s, retries: 0}')
    printed = project.call("run", "--wait", "--param", "how=sleep", code=1)
    assert "failed: work.do: StepTimeout: work.do took longer than 1 s\n" in printed
    assert project.processes() == []


def test_stopping_ends_the_whole_process_tree(built: Any) -> None:
    run_id = built.ask("run", "--param", "how=sleep")["ref"]["run_id"]
    built.wait_for("sleeping")
    assert len(built.processes()) >= 1
    assert built.call("stop") == f"stopped: {run_id}\n"
    assert built.processes() == []
    answer = built.ask("status")
    assert answer["run"]["state"] == "cancelled"
    assert states(answer)["work.do"] == "cancelled"
    assert "do sleep" in built.seen
    assert built.call("stop") == "nothing of flow was running\n"
    built.call("run", "--wait")


def test_one_of_two_runs_is_stopped(built: Any) -> None:
    ids = [built.ask("run", "--param", "how=sleep")["ref"]["run_id"] for _ in range(2)]
    deadline = time.monotonic() + 60
    while built.seen.count("sleeping") < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert built.call("stop", "--run", ids[0]) == f"stopped: {ids[0]}\n"
    assert built.ask("status", "--run", ids[1][:-1])["run"]["state"] == "running"
    assert built.call("stop", "--run", "latest") == f"stopped: {ids[1]}\n"
    none = "error: no run of deployment 'flow' is active\n"
    assert built.call("stop", "--run", "latest", code=2) == none
    assert built.call("stop", "--run", ids[1]) == "nothing of flow was running\n"
    assert built.call("stop", "--run", "zzz", code=2).startswith("error: deployment 'flow' has no")


def test_a_dead_supervisor_is_noticed(built: Any) -> None:
    run_id = built.ask("run", "--param", "how=sleep")["ref"]["run_id"]
    built.wait_for("sleeping")
    supervisors = [
        process
        for process in psutil.process_iter(["cmdline"])
        if run_id in (process.info["cmdline"] or [])
    ]
    for process in supervisors:
        os.kill(process.pid, signal.SIGKILL)
    answer = built.ask("status", "--run", run_id)
    assert answer["run"]["state"] == "crashed"
    assert answer["error"] == "RunCrashed: the process that drove the run died"
    assert built.processes() == []


def test_a_run_finishes_with_the_package_it_started_with(built: Any) -> None:
    source = built.folder / "flow.py"
    old = built.ask("list")[0]["package_digest"]
    source.write_text(source.read_text().replace("total * 2", "total * 3"))
    built.call("build")
    assert built.ask("list")[0]["package_digest"] != old


def test_another_projects_deployment_is_left_alone(built: Any) -> None:
    (built.folder / "pyproject.toml").write_text('[project]\nname = "other"\n')
    error = (
        "error: deployment 'flow' belongs to project 'project', this is 'other'\n"
        "hint: choose another name with -n, or say --take-over\n"
    )
    for verb in ("run", "stop", "remove"):
        assert built.call(verb, "flow", code=2) == error
    assert built.call("build", code=2) == error
    assert built.ask("list") == []
    assert len(built.ask("list", "--all")) == 1
    assert built.call("build", "--take-over").startswith("updated: ")


def test_removing_leaves_nothing(built: Any) -> None:
    built.call("run", "--wait")
    assert built.call("remove") == "removed: deployment flow\n"
    assert built.ask("list", "--all") == []
    assert built.call("remove", "flow", code=2) == (
        "error: no deployment 'flow' on LocalOrchestrator; there is none\n"
        "hint: `lolpop deployment build` makes one\n"
    )


def test_a_storage_from_the_environment(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    choice = ("--set", "storage=${env:LOLPOP_TEST_STORE}")
    assert project.call("build", *choice, code=2) == (
        "error: --set:1:9: storage: environment variable 'LOLPOP_TEST_STORE' isn't set\n"
        "hint: set it, or give a default: ${env:LOLPOP_TEST_STORE:-default}\n"
    )
    monkeypatch.setenv("LOLPOP_TEST_STORE", "elsewhere")
    project.call("build", *choice)
    assert (project.folder / "elsewhere" / "packages").is_dir()


@pytest.mark.parametrize("verb", ["build", "plan"])
def test_a_secret_that_the_engine_would_keep(
    project: Any, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setenv("LOLPOP_TEST_TOKEN", "hidden")
    flow = project.folder / "flow.py"
    flow.write_text(flow.read_text().replace("seed: int = 7", 'api_token: str = ""'))
    given = ("--set", "deployment.parameters.api_token=${env:LOLPOP_TEST_TOKEN}")
    assert project.call(verb, *given, code=2) == (
        "error: --set:1:33: deployment.parameters.api_token: the value under 'api_token' may be a"
        " secret, and the engine would keep and show it\n"
        "hint: write ${env:API_TOKEN} into the workflow's own `config`, which a step reads when it"
        " runs, or if it is none: package: {allow_literals: ['deployment.parameters.api_token']}\n"
    )
    assert project.ask("list") == []
    allowed = ("--set", "package.allow_literals=['deployment.parameters.api_token']")
    project.call(verb, *given, *allowed)


def test_a_deployment_named_by_the_environment(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ("--set", "deployment.name=flow-${env:LOLPOP_TEST_STAGE}")
    given += ("--set", "deployment.schedule.cron=${env:LOLPOP_TEST_CRON:-0 6 * * *}")
    assert project.call("list", *given, code=2) == (
        "error: --set:1:17: deployment.name: environment variable 'LOLPOP_TEST_STAGE' isn't set\n"
        "hint: set it, or give a default: ${env:LOLPOP_TEST_STAGE:-default}\n"
    )
    monkeypatch.setenv("LOLPOP_TEST_STAGE", "dev")
    project.call("build", *given)
    (deployment,) = project.ask("list")
    assert (deployment["name"], deployment["schedule"]["cron"]) == ("flow-dev", "0 6 * * *")
    project.call("remove", *given)


def test_logs_hold_nothing_that_a_terminal_obeys_unless_asked(built: Any) -> None:
    odd = "\x1b[31mred\x1b[0m \x1b]0;title\x07\x9b2J\x08 10 %\r 20 %"
    run = built.ask("run", "--wait", "--param", f"how={odd}")["run"]["ref"]["run_id"]
    assert built.call("logs", "--run", run, "--step", "work.do") == " 20 %\n"
    kept = built.call("logs", "--run", run, "--step", "work.do", "--escapes")
    assert kept == f"doing {odd}\n".replace("\r", "\n")  # as a file of text is read
    (line,) = built.ask("logs", "--run", run, "--step", "work.do")["lines"]
    assert line["text"] == f"doing {odd}"
