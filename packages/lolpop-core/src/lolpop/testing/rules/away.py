"""Trouble: an engine that is away, that refuses, or that was restarted."""

from __future__ import annotations

import time
from collections.abc import Callable

from lolpop.contract import Capability
from lolpop.errors import EngineError, EngineUnreachableError, LolpopError
from lolpop.testing.bench import Bench
from lolpop.testing.judging import raised
from lolpop.testing.rule import expect, expect_equal, rule

ORDER = 15
AT_ONCE = 30.0
"""Seconds in which a verb notices that nobody answers, its own attempts at it included."""


@rule(Capability.ENGINE_SERVICE)
def an_unreachable_engine_is_named(bench: Bench) -> None:
    """Say at once that the engine doesn't answer, and where it was looked for."""
    project = bench.project()
    project.build()
    run = project.finish().run
    verbs: dict[str, Callable[[], object]] = {
        "build": project.build,
        "plan": project.plan,
        "run": project.start,
        "stop": project.stop,
        "remove": project.remove,
    }
    with bench.harness.away():
        for verb, call in verbs.items():
            began = time.monotonic()
            error = raised(LolpopError, call)
            took = time.monotonic() - began
            expect(
                isinstance(error, EngineUnreachableError) and error.hint,
                f"{verb} must raise EngineUnreachableError with a hint: {error!r}",
            )
            expect(
                took <= AT_ONCE,
                f"{verb} must raise EngineUnreachableError in {AT_ONCE:g} s: it took {took:.1f} s",
            )
        status = project.status_by_name(run)
        expect_equal(status.source.value, "records", "who answers for the status")
        expect_equal(status.run.state.value, "succeeded", "the status of the finished run")
    expect(project.deployment() is not None, "the deployment is lost")
    expect_equal(project.finish().run.state.value, "succeeded", "a run when the engine is back")


@rule(Capability.ENGINE_SERVICE)
def wrong_credentials_are_named(bench: Bench) -> None:
    """Say that the engine refuses the credentials, instead of what it sends in its place."""
    config = bench.harness.wrong_credentials()
    if config is None:
        return
    project = bench.project(orchestrator={"config": dict(config)})
    error = raised(LolpopError, project.build)
    expect(
        isinstance(error, EngineError) and error.hint,
        f"wrong credentials must raise EngineError with a hint: {error!r}",
    )


@rule(Capability.ENGINE_SERVICE)
def a_restart_loses_nothing(bench: Bench) -> None:
    """Know deployments and finished runs after a restart, and end active runs truthfully."""
    project = bench.project()
    project.build()
    done = project.finish().run
    run = project.start(how="wait")
    project.until_seen("waiting")
    with bench.harness.away():
        pass
    project.go()
    ended = project.wait(run)
    expect(ended.run.state.is_over, "the active run never ended")
    succeeded = ended.run.state.value == "succeeded"
    expect_equal(succeeded, "finish" in ended.steps[4:], "whether it says that it succeeded")
    expect_equal(project.status(done).run.state.value, "succeeded", "the run before the restart")
    expect_equal(project.finish().run.state.value, "succeeded", "a run after the restart")
