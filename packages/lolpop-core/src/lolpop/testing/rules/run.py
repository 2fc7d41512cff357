"""Running: what `lolpop deployment run` promises."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from lolpop.contract import Capability
from lolpop.errors import LolpopError, NotFoundError
from lolpop.testing.bench import Bench
from lolpop.testing.judging import raised
from lolpop.testing.project import Project
from lolpop.testing.rule import broken, expect, expect_equal, rule

ORDER = 5
CHAIN = ["make", "change", "finish"]
VALUES: tuple[Any, ...] = (None, True, 0, -7, 2**53, 1.5, "", "text", [], [1, [None]], {"a": {}})
ODD_TEXTS = (
    "{{ ds }} {% raw %} ${HOME} $(id) `id` %s",
    "quotes \" ' and \\ and \\n",
    "two\nlines\tand a tab",
    "ünïcödé 名前 🦙",
    "-x --y=z",
    "null",
)
GIVEN: Mapping[str, Any] = {
    "values": list(VALUES),
    "digits": "5",
    "nothing": None,
    "odd": list(ODD_TEXTS),
    "large": "é" * 100_000,
}


@rule(shared=True)
def the_run_is_real(bench: Bench) -> None:
    """Give the id that the engine knows the run by, and pages that exist."""
    project = bench.built()
    run = project.start()
    listed = [each.ref.run_id for each in _runs(project)]
    expect(run.ref.run_id in listed, f"run {run.ref.run_id!r} isn't among the runs {listed}")
    _open("run", run.url)
    deployment = project.engine.find(project.name)
    _open("deployment", deployment.url if deployment else None)
    finished = project.wait(run)
    expect_equal(finished.run.ref, run.ref, "the run's name at its end")
    expect_equal(finished.run.state.value, "succeeded", "its end")


def _open(what: str, url: str | None) -> None:
    if url is None:
        return
    try:
        page = urllib.request.Request(url, headers={"Accept": "text/html"})
        urllib.request.urlopen(page, timeout=30).close()
    except OSError as error:
        broken(f"the {what}'s page {url!r} can't be opened: {error}")


def _runs(project: Project) -> list[Any]:
    found: list[Any] = project.engine.lifecycle.call(
        "runs", deployment_name=project.name, active=False
    )
    return found


def _arrived(bench: Bench) -> Mapping[str, Any]:
    """Start one run with parameters of every kind; give what its step was given."""
    project = bench.project("given")
    project.build()
    finished = project.finish(values=GIVEN)
    expect_equal(finished.run.state.value, "succeeded", f"the run ({finished.status.error})")
    return finished.seen[0]


@rule(shared=True)
def parameters_keep_their_types(bench: Bench) -> None:
    """Hand over every JSON value as it is: `"5"` isn't 5, and null isn't left out."""
    arrived = bench.once(_arrived)
    for name in ("values", "digits", "nothing"):
        expect_equal(repr(arrived[name]), repr(GIVEN[name]), "the parameter that arrived")


@rule(shared=True)
def odd_text_arrives_unchanged(bench: Bench) -> None:
    """Put no parameter through a template, a shell or a code page."""
    arrived = bench.once(_arrived)
    expect_equal(tuple(arrived["odd"]), ODD_TEXTS, "the texts that arrived")


@rule(shared=True)
def large_parameters_arrive(bench: Bench) -> None:
    """Take parameters of 200 kB: an argument of a command may have 128 KiB."""
    arrived = bench.once(_arrived)
    expect(arrived["large"] == GIVEN["large"], "200 kB of text didn't arrive as they were")


@rule()
def wrong_parameters_are_refused(bench: Bench) -> None:
    """Refuse a run that its entrypoint couldn't take, before the engine hears of it."""
    project = bench.built()
    before = [run.ref.run_id for run in _runs(project)]
    wrong: tuple[dict[str, Any], ...] = ({"hwo": "well"}, {"how": 7})
    for values in wrong:
        error = raised(LolpopError, partial(project.start, values=values))
        expect(error is not None, f"the parameters {values} must be refused")
    expect_equal([run.ref.run_id for run in _runs(project)], before, "the runs afterwards")


@rule()
def parameters_are_laid_over(bench: Bench) -> None:
    """Lay the run's parameters over the deployment's, and those over the defaults."""
    project = bench.project(deployment={"parameters": {"value": "deployed"}})
    project.build()
    expect_equal(project.finish().seen[0]["value"], "deployed", "the deployment's value")
    finished = project.finish(values={"value": "run"})
    expect_equal(finished.seen[0]["value"], "run", "the run's own value")
    expect_equal(finished.seen[1]["how"], "well", "the entrypoint's default")


@rule()
def two_runs_at_once(bench: Bench) -> None:
    """Keep two runs of one deployment apart that are active at the same time."""
    project = bench.built()
    runs = [project.start(values={"how": "wait", "value": number}) for number in range(2)]
    expect(runs[0].ref != runs[1].ref, "two runs must have two ids")
    project.until_seen("waiting", 2)
    project.go()
    finished = [project.wait(run) for run in runs]
    expect_equal([each.run.ref for each in finished], [run.ref for run in runs], "their names")
    expect_equal([each.run.state.value for each in finished], ["succeeded"] * 2, "their ends")
    given = sorted(line["value"] for line in project.seen if line["step"] == "make")
    expect_equal(given, [0, 1], "what they were given")
    expect_equal(finished[1].steps.count("finish"), 2, "how often the last step ran")


@rule()
def the_same_word_gives_the_same_run(bench: Bench) -> None:
    """Start nothing anew for an idempotency key that was used before."""
    project = bench.built()
    before = len(_runs(project))
    options = {"idempotency_key": "only-once"}
    first, second = project.start(options), project.start(options)
    expect_equal(second.ref, first.ref, "the run of the second call")
    project.wait(first)
    expect_equal(project.start(options).ref, first.ref, "the run of a call after its end")
    expect_equal(len(_runs(project)) - before, 1, "the number of runs")


@rule()
def an_unknown_deployment_is_not_found(bench: Bench) -> None:
    """Say that a deployment isn't there, instead of anything the engine might say."""
    project = bench.project()
    call, options = project.engine.lifecycle.call, project.engine.options
    hooks: dict[str, dict[str, Any]] = {
        "run": {"parameters": {}, "options": options("run", {})},
        "runs": {"active": False},
        "stop": {"run_id": None, "options": options("stop", {})},
        "remove": {"options": options("remove", {})},
    }
    for hook, arguments in hooks.items():
        asked = partial(call, hook, deployment_name=project.name, **arguments)
        error = raised(LolpopError, asked)
        expect(isinstance(error, NotFoundError), f"{hook} must raise NotFoundError: {error!r}")


@rule(Capability.ENGINE_RUNS)
def the_engines_own_way_works(bench: Bench) -> None:
    """Run in full what is started in the engine's own page or command line."""
    project = bench.built()
    deployed = project.deployment()
    assert deployed
    run_id = bench.harness.start_run(deployed, {"value": ODD_TEXTS[0]})
    run = next((run for run in _runs(project) if run.ref.run_id == run_id), None)
    expect(run is not None, f"run {run_id!r} isn't listed")
    assert run
    finished = project.wait(run)
    expect_equal(finished.run.state.value, "succeeded", "its end")
    expect_equal(finished.steps, CHAIN, "its steps")
    expect_equal(finished.seen[0]["value"], ODD_TEXTS[0], "its parameter")


@dataclass(frozen=True, slots=True)
class _Crowd:
    """What became of two runs where one is allowed.

    Attributes:
        at_once: Whether the second began while the first was active.
        ends: The states in which they ended.
        began: How many of them ran.
    """

    at_once: bool
    ends: list[str]
    began: int


def _crowd(bench: Bench, overlap: str) -> _Crowd:
    project = bench.project(deployment={"concurrency": 1, "overlap": overlap})
    project.build()
    first = project.start(how="wait")
    project.until_seen("waiting")
    second = project.start(how="wait")
    if overlap == "skip":
        project.until(
            lambda: _began(project) > 1 or project.status(second).run.state.is_over or None,
            f"run {second.ref.run_id}, one too many, isn't skipped",
        )
    at_once = project.settle(lambda: _began(project) > 1)
    project.go()
    ends = [project.wait(run).run.state.value for run in (first, second)]
    return _Crowd(at_once, ends, _began(project))


def _began(project: Project) -> int:
    return [line["step"] for line in project.seen].count("make")


def _skipped(bench: Bench) -> _Crowd:
    return _crowd(bench, "skip")


def _queued(bench: Bench) -> _Crowd:
    return _crowd(bench, "queue")


@rule(Capability.CONCURRENCY, shared=True)
def concurrency_is_kept(bench: Bench) -> None:
    """Have no more runs active than the deployment allows."""
    seen = bench.once(_queued if bench.declares(Capability.OVERLAP_QUEUE) else _skipped)
    expect(not seen.at_once, "a second run began while the first, the only one allowed, was active")


@rule(Capability.OVERLAP_SKIP, shared=True)
def a_run_too_many_is_skipped(bench: Bench) -> None:
    """End a run beyond the limit at once as cancelled, with the reason; run nothing of it."""
    seen = bench.once(_skipped)
    expect_equal(seen.ends, ["succeeded", "cancelled"], "the ends of the first and the second")
    expect_equal(seen.began, 1, "the runs that ran")


@rule(Capability.OVERLAP_QUEUE, shared=True)
def a_run_too_many_waits(bench: Bench) -> None:
    """Let a run beyond the limit wait, and run it when the other is over."""
    seen = bench.once(_queued)
    expect_equal(seen.ends, ["succeeded"] * 2, "the ends of both")
