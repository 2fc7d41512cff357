"""Deploying while runs are active."""

from __future__ import annotations

from lolpop.contract import Capability
from lolpop.errors import UnsupportedError
from lolpop.testing.bench import Bench
from lolpop.testing.judging import raised
from lolpop.testing.project import Project
from lolpop.testing.rule import broken, expect, expect_equal, rule

ORDER = 9


def _change(project: Project) -> None:
    """Rename the last step, so that the graph is another one."""
    source = project.folder / "chain.py"
    text = source.read_text("utf-8").replace("finish", "conclude")
    source.write_text(text, "utf-8")


@rule()
def a_run_finishes_with_its_package(bench: Bench) -> None:
    """Finish a run with the code and steps that it started with, or refuse to switch it."""
    project = bench.project()
    project.build()
    run = project.start(how="wait")
    project.until_seen("waiting")
    _change(project)
    error = raised(UnsupportedError, project.build)
    if bench.declares(Capability.REDEPLOY_DURING_RUNS):
        expect(error is None, f"it declares redeploy_during_runs, and refused: {error}")
    elif error is None or run.ref.run_id not in str(error):
        broken(f"it must refuse to switch run {run.ref.run_id}, naming it: {error}")
    project.go()
    finished = project.wait(run)
    expect_equal(finished.run.state.value, "succeeded", f"the run ({finished.status.error})")
    expect_equal(finished.steps, ["make", "change", "waiting", "finish"], "its steps")
    project.build()
    again = project.finish(how="wait")
    expect_equal(again.steps[-1], "conclude", "the last step of the next run")


@rule()
def the_same_steps_may_be_deployed(bench: Bench) -> None:
    """Let a redeployment with the same steps touch no active run: it keeps its package."""
    project = bench.project()
    project.build()
    run = project.start(how="wait")
    project.until_seen("waiting")
    source = project.folder / "chain.py"
    source.write_text(source.read_text("utf-8").replace('"finish"', '"finish anew"'), "utf-8")
    project.build()
    project.go()
    finished = project.wait(run)
    expect_equal(finished.run.state.value, "succeeded", f"the run ({finished.status.error})")
    expect_equal(finished.steps[-1], "finish", "the last step of the active run")
    expect_equal(project.finish(how="wait").steps[-1], "finish anew", "that of the next run")
