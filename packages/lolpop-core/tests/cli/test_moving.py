"""Where else a deployment stands, what a build changes, and what it needs: as users are told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from lolpop.contract import DeploymentSpec
from lolpop.storage import Store, deployed
from lolpop.storage.deployed import Use

CODE = """
    import lolpop
    from lolpop.local import LocalOrchestrator

    class Words(lolpop.Pipeline):
        def count(self, text: str):
            return len(text.split())

    class Flow(lolpop.Runner):
        words: Words
        def run(self, text: str = "one two", times: int = 1):
            return self.words.count(text)

    class Other(Flow): ...
"""
OWN = """
    from dataclasses import replace

    from lolpop.contract import ScheduleState
    from lolpop.local import LocalOrchestrator

    class Firing(LocalOrchestrator):
        '''Says that its schedules fire, and where it is.'''
        address = "http://engine:4200"
        def deploy(self, package, deployment, options):
            made = super().deploy(package, deployment, options)
            return replace(made, schedule_state=ScheduleState.ACTIVE if made.schedule else None)
"""
SCHEDULE = 'deployment.schedule={cron: "0 6 * * *"}'
FIRING = ("--deployer", "own:Firing")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "flow.py").write_text(dedent(CODE))
    (tmp_path / "own.py").write_text(dedent(OWN))
    (tmp_path / "lolpop.yaml").write_text(
        "runner: Flow\nmodules: [flow]\npipelines: {words: Words}\n"
        "deployment: {name: words, project: demo}\n"
    )
    return tmp_path


@pytest.fixture
def call(project: Path, inside: Callable[..., Any]) -> Callable[..., Any]:
    """Call `lolpop deployment …` in the project; it must succeed."""

    def called(*arguments: str, **environment: str) -> Any:
        done = inside("deployment", *arguments, **environment)
        assert done.returncode == 0, done.stderr
        return done

    return called


def note(fires: str = "") -> str:
    return (
        f"note: 'words' also stands on Firing at http://engine:4200{fires}:"
        " `lolpop deployment remove words --deployer Firing` takes it away\n"
    )


def test_plan_build_and_run_say_where_else_it_stands_and_fires(call: Any) -> None:
    call("build", *FIRING, "--set", SCHEDULE)
    said = note(", and its schedule '0 6 * * *' fires there")
    assert call("plan").stderr == said
    assert call("build").stderr == said
    assert call("run").stderr == said
    assert json.loads(call("plan", "--output", "json").stdout)["notes"] == [
        said.removeprefix("note: ").strip()
    ]


def test_where_it_stands_itself_is_nowhere_else(call: Any) -> None:
    call("build")
    assert call("plan").stderr == call("build").stderr == call("run").stderr == ""


def test_a_stopped_schedule_does_not_fire_there(call: Any) -> None:
    call("build", *FIRING, "--set", SCHEDULE)
    call("stop", "words", *FIRING, "--set", SCHEDULE)
    assert call("plan").stderr == note()


def test_what_is_removed_stands_nowhere(call: Any) -> None:
    call("build", *FIRING, "--set", SCHEDULE)
    call("remove", "words", *FIRING)
    assert call("plan").stderr == ""


def test_another_projects_deployment_is_not_ours(call: Any, project: Path) -> None:
    spec = DeploymentSpec(name="words", project="another", storage=str(project), interpreter="p")
    use = Use(orchestrator="X", address=None, deployment="words", package="0" * 64, spec=spec)
    deployed.note(Store(str(project / ".lolpop")), use)
    assert call("plan").stderr == ""


def test_the_list_has_other_orchestrators_if_asked(call: Any) -> None:
    call("build", *FIRING, "--set", SCHEDULE)
    (noted,) = json.loads(call("list", "--all-orchestrators", "--output", "json").stdout)[-1:]
    assert (noted["orchestrator"], noted["address"], noted["source"], noted["fires"]) == (
        "Firing",
        "http://engine:4200",
        "notes",
        True,
    )
    rows = call("list", "--all-orchestrators").stdout.splitlines()
    assert rows[0].split() == ["name", "project", "package", "schedule", "state", "orchestrator"]
    assert rows[-1].split()[3:] == [
        "0",
        "6",
        "*",
        "*",
        "*",
        "active",
        "Firing",
        "at",
        "http://engine:4200,",
        "as",
        "noted",
    ]


def test_a_plan_says_what_would_change(project: Path, lolpop: Any) -> None:
    lolpop("deployment", "build", "--set", "deployment.parameters={times: 2}")
    assert (
        "    "
        not in lolpop("deployment", "plan", "--set", "deployment.parameters={times: 2}").stdout
    )
    code = (project / "flow.py").read_text()
    call_ = "count = self.words.count(text)\n        return self.words.twice(count)"
    code = code.replace("return self.words.count(text)", call_)
    method = "    def twice(self, count: int): return 2 * count\n\nclass Flow"
    (project / "flow.py").write_text(code.replace("class Flow", method))
    (project / "data.csv").write_text("1")
    sets = ("deployment.parameters={times: 3}", SCHEDULE, 'steps."words.count".retries=2')
    done = lolpop("deployment", "plan", *(word for each in sets for word in ("--set", each)))
    assert done.stdout.splitlines()[1:6] == [
        "    files: + data.csv, ~ flow.py",
        "    steps: + words.twice",
        "    parameters: ~ times: 2 → 3",
        "    schedule: + schedule.cron: '0 6 * * *', + schedule.timezone: 'UTC'",
        "    settings: + steps.words.count.retries: 2, + steps.words.count.retry_delay: 0.0",
    ]


def test_a_change_is_named_in_json_too(call: Any) -> None:
    call("build")
    sets = ("--set", "deployment.parameters={times: 3}")
    changes = [{"part": "parameters", "detail": "+ times: 3"}]
    assert json.loads(call("plan", *sets, "--output", "json").stdout)["changes"] == changes
    assert json.loads(call("build", *sets, "--output", "json").stdout)["changes"] == changes


def test_a_long_list_of_changes_is_cut(call: Any, project: Path) -> None:
    call("build")
    for number in range(12):
        (project / f"{number:02}.csv").write_text("1")
    shown = ", ".join(f"+ {number:02}.csv" for number in range(10))
    assert call("plan").stdout.splitlines()[1] == f"    files: {shown}, and 2 more"


def test_a_package_that_is_gone_can_not_be_compared(call: Any, project: Path) -> None:
    call("build")
    (package,) = (project / ".lolpop" / "packages").glob("*.zip")
    package.unlink()
    (project / "flow.py").write_text((project / "flow.py").read_text() + "# more\n")
    assert f"    package: {package.stem[:12]}, which is gone" in call("plan").stdout.splitlines()


def test_a_plan_names_the_variables_that_are_needed_and_where(call: Any, project: Path) -> None:
    with (project / "lolpop.yaml").open("a") as file:
        file.write(
            'config: {token: "${env:A_TOKEN}", place: "${env:A_HOST}/${env:A_TOKEN}"}\n'
            'orchestrator: {config: {fresh: "${env:IS_FRESH}"}}\n'
        )
    done = call("plan", IS_FRESH="true", A_HOST="h")
    assert [line for line in done.stdout.splitlines() if "needs" in line] == [
        "  needs   A_HOST where the steps run, for config.place",
        "  needs   A_TOKEN where the steps run, for config.token, config.place, not set here",
        "  needs   IS_FRESH where lolpop is called, for orchestrator.config.fresh",
    ]
    found = json.loads(call("plan", "--output", "json").stdout)["variables"]
    assert found[0] == {
        "name": "A_HOST",
        "where": "where the steps run",
        "paths": ["config.place"],
        "is_set": True,
    }


def test_the_runner_names_the_deployment_that_is_run(call: Any, project: Path) -> None:
    text = (project / "lolpop.yaml").read_text().replace("name: words, ", "")
    (project / "lolpop.yaml").write_text(text)
    call("build")
    call("build", "--set", "runner=Other")
    assert call("run").stdout.startswith("started: run ")
    assert " of flow\n" in call("run").stdout
    assert " of other\n" in call("run", "--set", "runner=Other").stdout
