"""Deploying: what `lolpop deployment build` promises."""

from __future__ import annotations

from lolpop.contract import Capability, ScheduleState
from lolpop.errors import ConfigError, LolpopError, UnsupportedError, UsageError
from lolpop.testing.bench import Bench
from lolpop.testing.judging import raised
from lolpop.testing.project import Project
from lolpop.testing.rule import broken, expect, expect_equal, rule

ORDER = 4
CHAIN = ["make", "change", "finish"]
CRONS = ("0 6 * * *", "*/15 8-18 * * 1-5", "30 4 1,15 JAN-MAR sun")
ODD_NAMES = ("with.dots", "With_Capitals", "ünïcödé-名前", "with space", "-dash", "x" * 120)


@rule()
def plan_writes_nothing(bench: Bench) -> None:
    """Change nothing in `plan`: people ask it to be sure before they act."""
    project = bench.project()
    before = sorted(each.name for each in project.engine.lifecycle.call("deployments"))
    plan = project.plan()
    expect(plan.ok, f"a plain workflow must be deployable: {plan.refusals}")
    expect(plan.actions, "the plan of a deployment that isn't there must name what it will do")
    after = sorted(each.name for each in project.engine.lifecycle.call("deployments"))
    expect_equal(after, before, "the deployments after `plan`")


@rule()
def returns_when_runnable(bench: Bench) -> None:
    """Return from `build` only when a run can be started.

    Elsewhere the first trigger fails for 10 to 20 seconds after a deployment.
    """
    project = bench.project()
    deployed = project.build()
    expect_equal(deployed.name, project.name, "the deployment's name")
    expect(deployed.problem is None, f"the deployment has a problem: {deployed.problem}")
    finished = project.finish()
    expect_equal(finished.run.state.value, "succeeded", "a run started right after build")
    expect_equal(finished.steps, CHAIN, "the steps that it made")


@rule()
def twice_changes_nothing(bench: Bench) -> None:
    """Touch nothing where the same is deployed already."""
    project = bench.project()
    first = project.build()
    expect_equal(project.plan().actions, (), "what plan would do after build")
    second = project.build()
    expect_equal(second.deployment_digest, first.deployment_digest, "the deployment digest")
    expect_equal(second.updated_at, first.updated_at, "when it was last changed")
    _listed_once(project)
    expect_equal(project.finish().run.state.value, "succeeded", "a run after the second build")


def _listed_once(project: Project) -> None:
    names = [each.name for each in project.engine.lifecycle.call("deployments")]
    expect_equal(names.count(project.name), 1, f"how often {project.name!r} is listed")


@rule()
def updates_in_place(bench: Bench) -> None:
    """Replace what is deployed under a name: one deployment, and the new code runs."""
    project = bench.project()
    first = project.build()
    source = project.folder / "chain.py"
    source.write_text(source.read_text("utf-8").replace('"finish"', '"finish anew"'), "utf-8")
    second = project.build()
    expect(second.deployment_digest != first.deployment_digest, "the deployment digest must change")
    _listed_once(project)
    expect_equal(project.finish().steps, ["make", "change", "finish anew"], "the steps that ran")


@rule()
def two_deployments_do_not_collide(bench: Bench) -> None:
    """Keep two deployments of one workflow apart, though their steps have the same names."""
    one, other = bench.project(), bench.project()
    one.build()
    other.build()
    runs = one.start(), other.start()
    expect_equal(one.wait(runs[0]).steps, CHAIN, "the steps of the one")
    expect_equal(other.wait(runs[1]).steps, CHAIN, "the steps of the other")
    other.remove()
    expect_equal(one.finish().run.state.value, "succeeded", "the one, when the other is removed")


@rule()
def a_broken_one_leaves_the_others_alone(bench: Bench) -> None:
    """Let a deployment whose package is gone hurt no other one, and no listing."""
    sound, broken_one = bench.project(), bench.project()
    sound.build()
    gone = broken_one.build()
    broken_one.store.delete(f"packages/{gone.package_digest}.zip")
    names = [each.name for each in sound.engine.lifecycle.call("deployments")]
    expect(broken_one.name in names, "the broken deployment must still be listed")
    expect_equal(sound.finish().run.state.value, "succeeded", "a run of the sound one")
    broken_one.remove()
    expect(broken_one.deployment() is None, "a broken deployment must be removable")


@rule()
def odd_names_work_or_are_refused(bench: Bench) -> None:
    """Take any name and give it back, or refuse it at once and say which are allowed."""
    taken = []
    for name in ODD_NAMES:
        project = bench.project()
        project.configure({"deployment": {"name": f"{name}-{project.name}"}})
        try:
            deployed = project.build()
        except (UnsupportedError, UsageError, ConfigError) as error:
            expect(error.hint, f"refusing {name!r} must say what is allowed: {error.message}")
            continue
        expect_equal(deployed.name, project.name, "the name that came back")
        taken.append(project)
    listed = {each.name for each in bench.project().engine.lifecycle.call("deployments")}
    for project in taken:
        expect(project.name in listed, f"{project.name!r} must be found under its name")
    if taken:
        oddest = max(taken, key=lambda each: sum(not letter.isalnum() for letter in each.name))
        expect_equal(oddest.finish().run.state.value, "succeeded", f"a run of {oddest.name!r}")


@rule()
def a_refused_one_leaves_nothing(bench: Bench) -> None:
    """Deploy all or nothing: what is refused leaves no trace."""
    project = bench.project(deployment={"schedule": {"cron": "every day"}})
    error = raised(LolpopError, project.build)
    expect(error is not None, "the schedule 'every day', which can't be read, must be refused")
    expect(project.deployment() is None, "a refused deployment was made all the same")


@rule(Capability.SCHEDULES)
def shows_its_schedule(bench: Bench) -> None:
    """Show a schedule of any form of crontab, and whether it fires; if not, what would make it.

    A schedule that is read in another way than it was written fires when nobody expects it.
    """
    for cron in CRONS:
        schedule = {"cron": cron, "timezone": "Europe/Paris"}
        project = bench.project(deployment={"schedule": schedule})
        project.build()
        found = project.deployment()
        if found is None or found.schedule is None:
            broken(f"a deployment with the schedule {cron!r} must show it")
        expect_equal((found.schedule.cron, found.schedule.timezone), (*schedule.values(),), "it")
        expect(found.schedule_state is not None, "it must say whether the schedule is active")
        active = found.schedule_state is ScheduleState.ACTIVE
        expect(active or found.schedule_reason, "a schedule that doesn't fire must say why")


@rule(Capability.SCHEDULES)
def starts_nothing_by_itself(bench: Bench) -> None:
    """Start no run by deploying a schedule: times that are over aren't made up for."""
    project = bench.project(deployment={"schedule": {"cron": "0 6 1 1 *"}})
    project.build()
    project.settle(lambda: project.seen)
    found = project.engine.lifecycle.call("runs", deployment_name=project.name, active=False)
    expect_equal([run.ref.run_id for run in found], [], "the runs after build")
