from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from time import process_time
from typing import Any

import pytest

from lolpop.contract import (
    AttemptStatus,
    RunState,
    StatusSource,
    StepState,
    StepStatus,
)
from lolpop.pictures.report import ArtifactView, RunReport, page
from lolpop.pictures.transcript import transcript

EVIL = "</script><script>alert('1')</script>]]>\"'&<img src=x onerror=alert(1)>\x00"


def facts(shown: Any) -> dict[str, str]:
    names = [each.text for each in shown.all("dt")]
    return dict(zip(names, [each.text for each in shown.all("dd")], strict=True))


def with_run(report: RunReport, **changes: Any) -> RunReport:
    run = replace(report.run, **changes)
    return replace(report, run=run, status=replace(report.status, run=run))


def test_the_headline_says_what_became_of_the_run(failed: RunReport, read: Any) -> None:
    header = read(page(failed)).all("header")[0]
    assert header.text == "penguins✗ failed run 9b1c/7, 42 s"


def test_what_went_wrong_comes_first(failed: RunReport, read: Any) -> None:
    shown = read(page(failed))
    alarm = shown.all("section", "alarm")[0]
    assert alarm.text == (
        "train.fit failed after 3 attempts"
        "ValueError: Input X contains NaN."
        "The last lines that it printed:"
        "fitting\nTraceback:\nValueError: Input X contains NaN."
    )
    assert shown.all("main")[0].text.startswith(alarm.text)
    assert [each.attributes.get("open") for each in shown.all("details", "part")] == [
        None, None, None, "open", None, None, None, None,
    ]  # fmt: skip


def test_the_facts_say_when_where_and_what(failed: RunReport, read: Any) -> None:
    assert facts(read(page(failed))) == {
        "started": "2026-11-23 12:00:00 UTC",
        "queued before": "3 s",
        "ended": "2026-11-23 12:00:41 UTC",
        "orchestrator": "PrefectOrchestrator",
        "engine's own state": "TimedOut",
        "page in the engine": "http://127.0.0.1:4200/runs/1",
        "ran on": "worker-3",
        "project": "birds",
        "package now deployed": "abababababab",
        "storage": "file:///srv/lolpop",
    }


def test_the_package_of_the_run_stands_beside_the_one_that_is_deployed_now(
    failed: RunReport, read: Any
) -> None:
    old = facts(read(page(replace(failed, package_digest="12" * 32))))
    assert (old["package"], old["package now deployed"]) == ("121212121212", "abababababab")
    same = facts(read(page(replace(failed, package_digest="ab" * 32))))
    assert "package now deployed" not in same
    alone = replace(failed, deployment=None, package_digest="ab" * 32, storage="/srv/lolpop")
    found = facts(read(page(alone)))
    assert (found["package"], found["storage"]) == ("abababababab", "/srv/lolpop")
    assert "project" not in found


def test_the_graph_and_the_time_line_show_every_state(failed: RunReport, read: Any) -> None:
    shown = read(page(failed))
    states = [next(each for each in card.classes if each[:6] == "state-")
              for card in shown.all("a", "step")]  # fmt: skip
    assert states == ["state-succeeded"] * 3 + ["state-failed"] + ["state-skipped"] * 4
    titles = [each.text for each in shown.all("title") if ", attempt " in each.text]
    assert titles == [
        "process.load, attempt 1: crashed, 2 s",
        "process.load, attempt 2: succeeded, 3.5 s",
        "process.clean, attempt 1: succeeded, 1.4 s",
        "process.split, attempt 1: succeeded, 50 ms",
        "train.fit, attempt 1: failed, 5 s",
        "train.fit, attempt 2: failed, 5 s",
        "train.fit, attempt 3: failed, 5 s",
    ]
    assert len(shown.all("line", "wait")) == 3
    ticks = [each.text for each in shown.all("text", "tick")]
    assert ticks == ["0", "10 s", "20 s", "30 s"]


def test_each_attempt_has_a_row(failed: RunReport, read: Any) -> None:
    shown = read(page(failed))
    load = shown.all("details", "part")[0]
    assert load.text == (
        "process.load✓ succeeded2 attempts, 3.5 s"
        "attemptstatestartedtookhostprocessended witherror"
        "1✗ crashed2026-11-23 12:00:00 UTC2 sworker-34211signal SIGKILL"
        "ValueError: Input X contains NaN."
        "2✓ succeeded2026-11-23 12:00:04 UTC3.5 sworker-34212exit code 0"
        "log of attempt 2, 1 lineread 344 rows"
        "Outputpandas.DataFrame 48.1 kB, stored as pickle, efefefefefef"
        "   species\n0  Adelie"
    )
    assert shown.all("details", "part")[7].text == "train.write» skippedNo attempt has been made."


def test_parameters_are_shown_as_json(failed: RunReport, read: Any) -> None:
    given = {"seed": 7, "name": "é", "grid": {"c": [1]}}
    shown = read(page(replace(failed, parameters=given)))
    assert shown.all("div", "parameters")[0].text == ('seed7name"é"grid{\n  "c": [\n    1\n  ]\n}')
    assert not read(page(replace(failed, parameters={}))).all("div", "parameters")


@pytest.mark.parametrize(
    ("state", "error", "alarm"),
    [
        (RunState.CRASHED, None,
         "run crashedno step failed; what drove the run ended without a word"),
        (RunState.CANCELLED, "Skipped: too many runs", "run cancelledSkipped: too many runs"),
        (RunState.SUCCEEDED, None, None),
    ],
)  # fmt: skip
def test_a_run_without_a_failed_step(
    failed: RunReport, read: Any, state: RunState, error: str | None, alarm: str | None
) -> None:
    status = replace(failed.status, steps=(), failed_step=None, error=error)
    shown = read(page(with_run(replace(failed, status=status), state=state)))
    assert [each.text for each in shown.all("section", "alarm")] == ([alarm] if alarm else [])


def test_a_run_that_waits_says_why(failed: RunReport, read: Any) -> None:
    status = replace(
        failed.status, steps=(), failed_step=None, error=None, message="no worker takes it",
        source=StatusSource.RECORDS,
    )  # fmt: skip
    bare = replace(failed, status=status, deployment=None, graph=None)
    shown = read(page(with_run(
        bare, state=RunState.QUEUED, started_at=None, ended_at=None, url=None, engine_state=None
    )))  # fmt: skip
    assert shown.all("p", "remark")[0].text == "no worker takes it"
    assert facts(shown) == {
        "asked for": "2026-11-23 11:59:57 UTC",
        "orchestrator": "PrefectOrchestrator",
    }
    assert not shown.all("svg")
    assert shown.all("footer")[0].text == (
        "As the records alone had it on 2026-11-23 12:01:00 UTC. Attempts count from 1."
    )


def test_a_run_without_a_sign_of_life_has_no_length_but_its_failure(
    failed: RunReport, read: Any
) -> None:
    silent = with_run(failed, state=RunState.UNKNOWN, ended_at=None)
    shown = read(page(replace(silent, status=replace(silent.status, message="no sign of life"))))
    assert shown.all("header")[0].text == "penguins? unknown run 9b1c/7"
    assert shown.all("section", "alarm")[0].text.startswith("train.fit failed after 3 attempts")
    assert shown.all("p", "remark")[0].text == "no sign of life"


def test_a_running_attempt_lasts_until_now(failed: RunReport, read: Any) -> None:
    start = failed.generated_at - timedelta(seconds=20)
    going = AttemptStatus(attempt=0, state=StepState.RUNNING, started_at=start)
    step = StepStatus(name="process.load", state=StepState.RUNNING, attempts=(going,))
    status = replace(failed.status, steps=(step,), failed_step=None, error=None)
    report = with_run(
        replace(failed, status=status, logs={}), state=RunState.RUNNING, ended_at=None
    )
    shown = read(page(report))
    assert shown.all("header")[0].text == "penguins▸ running run 9b1c/7, 1 m so far"
    assert shown.all("details", "part")[0].text.startswith("process.load▸ running20 s so far")
    assert shown.all("details", "part")[1].text.startswith("process.clean· pending")


def test_a_step_that_the_graph_does_not_know_is_shown_too(failed: RunReport, read: Any) -> None:
    extra = StepStatus(name="retrain", state=StepState.SUCCEEDED)
    status = replace(failed.status, steps=(*failed.status.steps, extra))
    shown = read(page(replace(failed, status=status)))
    assert shown.all("details", "part")[-1].text.startswith("retrain✓ succeeded")


def test_nothing_that_is_shown_becomes_markup(failed: RunReport, read: Any) -> None:
    attempts = tuple(
        replace(each, error=EVIL, host=EVIL) for each in failed.status.steps[3].attempts
    )
    bad = StepStatus(
        name=EVIL, state=StepState.FAILED, attempts=attempts, url="javascript:alert(1)"
    )
    status = replace(failed.status, steps=(bad,), failed_step=EVIL, error=EVIL, message=EVIL)
    report = with_run(
        replace(
            failed,
            status=status,
            parameters={EVIL: EVIL},
            logs={(EVIL, 2): EVIL},
            artifacts={EVIL: ArtifactView(
                type_name=EVIL, kind=EVIL, size=1, digest=EVIL, preview=EVIL
            )},
        ),
        url=f"javascript:{EVIL}",
        engine_state=EVIL,
    )  # fmt: skip
    shown = read(page(report))
    assert not shown.all("script")
    assert not shown.all("img")
    assert not [name for each in shown.elements for name in each.attributes if name[:2] == "on"]
    assert all(each.attributes["href"].startswith("#") for each in shown.all("a"))
    assert (
        EVIL.replace("\x00", "\N{REPLACEMENT CHARACTER}") in shown.all("section", "alarm")[0].text
    )


def test_the_engine_is_linked_and_nothing_is_loaded(failed: RunReport, read: Any) -> None:
    shown = read(page(failed))
    outside = [each for each in shown.all("a") if not each.attributes["href"].startswith("#")]
    assert [each.attributes["href"] for each in outside] == ["http://127.0.0.1:4200/runs/1"]
    assert not shown.all("link")
    assert "src" not in {key for each in shown.elements for key in each.attributes}
    policy = next(each for each in shown.all("meta") if "http-equiv" in each.attributes)
    assert policy.attributes["content"] == (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'none'"
    )


@pytest.mark.parametrize(
    ("log", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m \x1b]0;title\x07done\x1b(B\n", "red done"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        (" 10%\r 50%\r100%\nnext\r\n", "100%\nnext"),
        ("line\r\nline\r\n", "line\nline"),
        ("\x1b", "\x1b"),
        ("", ""),
    ],
)
def test_a_log_is_shown_as_a_terminal_leaves_it(log: str, shown: str) -> None:
    assert transcript(log) == shown


def test_a_long_log_loses_its_middle_and_says_so() -> None:
    lines = [f"line {number}" for number in range(100_000)]
    shown = transcript("\n".join(lines)).split("\n")
    assert shown[0] == "line 0"
    assert shown[-1] == "line 99999"
    (note,) = [line for line in shown if line.startswith("…")]
    assert note == "… 988,895 characters left out here; `lolpop deployment logs` has them …"
    assert set(shown) - {note, ""} <= set(lines)
    assert len("\n".join(shown)) < 100_200
    assert len(transcript("x" * 1_000_000)) < 100_200


def test_long_logs_are_folded(failed: RunReport, read: Any) -> None:
    for count, is_open in ((30, "open"), (31, None)):
        logs = {("process.clean", 0): "line\n" * count}
        part = [
            each for each in read(page(replace(failed, logs=logs))).all("details")
            if each.text.startswith("log of attempt 1")
        ]  # fmt: skip
        assert part[0].attributes.get("open") == is_open


def test_a_thousand_steps_are_reported_in_two_seconds(failed: RunReport, grouped: Any) -> None:
    graph = grouped(200)
    attempts = failed.status.steps[0].attempts
    steps = tuple(
        StepStatus(name=step.name, state=StepState.SUCCEEDED, attempts=attempts)
        for step in graph.steps
    )
    logs = {(step.name, 1): "line\n" * 100 for step in graph.steps}
    status = replace(failed.status, steps=steps)
    begin = process_time()
    page(replace(failed, graph=graph, status=status, logs=logs))
    assert process_time() - begin < 2
