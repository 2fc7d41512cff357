"""Deployments: replaced while runs go on, removed, two of a kind, in one storage or moved."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from lolpop.contract import (
    ActionKind,
    Capability,
    DeploymentSpec,
    Package,
    RunState,
    Schedule,
    ScheduleState,
)
from lolpop.contract.options import DeployOptions, PlanOptions, RunOptions
from lolpop.errors import EngineError, NotFoundError

DAILY = Schedule("0 6 * * *")
INACTIVE = (
    "nothing fires schedules here: use an orchestrator with a server, or let cron call"
    " `lolpop deployment run flow`"
)


def versions(local: Any) -> list[str]:
    return [line.split()[-1] for line in local.notes if " ends " in line]


def test_an_active_run_finishes_with_its_package(flow: Any) -> None:
    run = flow.run(a="show:held await:go")
    flow.shown("held")
    flow.source.write_text(flow.source.read_text().replace("version 1", "version 2"))
    package = flow.deploy()
    assert flow.engine.deployments()[0].package_digest == package.digest
    flow.show("go")
    assert flow.wait(run).run.state is RunState.SUCCEEDED
    assert versions(flow) == ["1"] * 5
    assert flow.wait(flow.run()).run.state is RunState.SUCCEEDED
    assert versions(flow) == ["1"] * 5 + ["2"] * 5


def test_removing_ends_what_runs(flow: Any, processes: Any) -> None:
    run = flow.run(a="spawn show:held await:never")
    flow.shown("held")
    removed = flow.remove()
    assert removed.ended == (run.ref,)
    assert removed.deleted == ("deployment flow",)
    assert processes.marked() == []
    assert flow.engine.deployments() == []
    assert flow.record(run.ref).ended.state is RunState.CANCELLED
    for asked in (flow.status, lambda run: flow.engine.runs("flow", active=False)):
        with pytest.raises(NotFoundError):
            asked(run)
    with pytest.raises(NotFoundError) as caught:
        flow.remove()
    assert caught.value.message == "no deployment 'flow'; there is none"


def test_two_projects_share_a_storage(flow: Any, tmp_path: Path) -> None:
    other = type(flow)(tmp_path / "there", flow.storage, project="bees")
    other.deploy("hive")
    runs = [flow.run(a="show:x await:go"), other.run("hive", a="show:x await:go")]
    flow.shown("x")
    other.shown("x")
    found = flow.engine.deployments()
    assert [(each.name, each.project) for each in found] == [("flow", "birds"), ("hive", "bees")]
    flow.show("go")
    assert flow.wait(runs[0]).run.state is RunState.SUCCEEDED
    assert not other.state(runs[1]).is_over
    flow.remove()
    other.show("go")
    assert other.wait(runs[1]).run.state is RunState.SUCCEEDED
    assert [run.ref for run in other.engine.runs("hive", active=False)] == [runs[1].ref]


def test_several_runs_of_two_deployments(flow: Any) -> None:
    flow.deploy("other")
    runs = [flow.run(name) for name in ("flow", "other", "flow")]
    assert {flow.wait(run).run.state for run in runs} == {RunState.SUCCEEDED}
    assert len({run.ref.run_id for run in runs}) == 3
    assert [run.ref for run in flow.engine.runs("flow", active=False)] == [
        runs[2].ref,
        runs[0].ref,
    ]


def schedule(local: Any) -> tuple[Any, Any]:
    (found,) = local.engine.deployments()
    return found.schedule_state, found.schedule_reason


def actions(local: Any, package: Package, spec: DeploymentSpec) -> list[ActionKind]:
    plan = local.engine.plan(package, spec, PlanOptions())
    return [action.kind for action in plan.actions]


def test_a_schedule_is_shown_and_suspended_and_resumed(local: Any) -> None:
    package, spec = local.packaged(), local.spec(schedule=DAILY)
    assert actions(local, package, spec) == [ActionKind.CREATE]
    assert local.engine.plan(package, spec, PlanOptions()).notes == (INACTIVE,)
    local.engine.deploy(package, spec, DeployOptions())
    assert schedule(local) == (ScheduleState.INACTIVE, INACTIVE)
    assert actions(local, package, spec) == []
    run = local.run(a="await:never")
    assert not local.stop(run).schedule_suspended
    assert schedule(local) == (ScheduleState.INACTIVE, INACTIVE)
    assert local.stop().schedule_suspended
    reason = "it was stopped: `lolpop deployment build` resumes it"
    assert schedule(local) == (ScheduleState.SUSPENDED, reason)
    assert actions(local, package, spec) == [ActionKind.RESUME]
    assert local.wait(local.run()).run.state is RunState.SUCCEEDED
    local.engine.deploy(package, spec, DeployOptions())
    assert schedule(local) == (ScheduleState.INACTIVE, INACTIVE)


def test_without_a_schedule_nothing_is_suspended(flow: Any) -> None:
    assert not flow.stop().schedule_suspended
    assert schedule(flow) == (None, None)


def test_a_moved_storage_is_named_and_nothing_is_lost(flow: Any) -> None:
    run = flow.run()
    flow.wait(run)
    moved = flow.storage.with_name("moved")
    flow.storage.rename(moved)
    old, flow.storage = flow.storage, moved
    flow.engine = flow.made()
    problem = f"it was built for the storage {str(old)!r}, which is {str(moved)!r} now"
    assert flow.engine.deployments()[0].problem == problem
    assert [each.state for each in flow.engine.runs("flow", active=False)] == [RunState.SUCCEEDED]
    assert flow.state(run) is RunState.SUCCEEDED
    with pytest.raises(EngineError) as caught:
        flow.run()
    assert caught.value.message == f"deployment 'flow' can't run: {problem}"
    assert caught.value.hint == "`lolpop deployment build` makes it able to"
    assert not old.exists()
    flow.deploy()
    assert flow.engine.deployments()[0].problem is None
    assert flow.wait(flow.run()).run.state is RunState.SUCCEEDED


def test_an_interpreter_that_is_gone_is_named(local: Any, tmp_path: Path) -> None:
    gone = tmp_path / "venv" / "bin" / "python"
    local.deploy(interpreter=str(gone))
    with pytest.raises(EngineError) as caught:
        local.run()
    problem = f"its interpreter {str(gone)!r} isn't there any more"
    assert caught.value.message == f"deployment 'flow' can't run: {problem}"
    assert local.engine.runs("flow", active=False) == []


def test_a_package_that_is_gone_is_named(flow: Any) -> None:
    shutil.rmtree(flow.storage / "packages")
    status = flow.wait(flow.run())
    digest = flow.engine.deployments()[0].package_digest
    assert status.run.state is RunState.CRASHED
    assert status.error == (
        f"NotFoundError: there is no package {digest!r} in {str(flow.storage)!r}"
    )


def test_another_deployments_run_is_not_found(flow: Any) -> None:
    run = flow.run()
    flow.wait(run)
    flow.deploy("other")
    ref = type(run.ref)(run.ref.orchestrator, "other", run.ref.run_id)
    with pytest.raises(NotFoundError) as caught:
        flow.engine.status(ref)
    assert caught.value.message == f"deployment 'other' has no run {run.ref.run_id!r}"


def test_parameters_of_the_run_lie_over_those_of_the_deployment(local: Any) -> None:
    local.deploy(parameters={"script": {"a": "fail"}})
    assert local.wait(local.engine.run("flow", {}, RunOptions())).run.state is RunState.FAILED
    run = local.run()
    assert local.wait(run).run.state is RunState.SUCCEEDED
    assert local.record(run.ref).parameters == {"script": {}}


def test_it_declares_what_it_does(flow: Any) -> None:
    assert flow.engine.capabilities >= {Capability.OVERLAP_SKIP, Capability.OVERLAP_QUEUE}
