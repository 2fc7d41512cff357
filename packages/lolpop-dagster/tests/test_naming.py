"""Names go into Dagster's alphabet, and no two become one."""

from __future__ import annotations

import re

import pytest
from dagster._core.definitions.utils import DISALLOWED_NAMES
from dagster_samples import NESTED
from hypothesis import given
from hypothesis import strategies as st

from lolpop.contract import Group, Step, StepGraph
from lolpop_dagster.naming import _TAKEN, Names, job_of, op_of

VALID = re.compile(r"[A-Za-z0-9_]+")


@pytest.mark.parametrize(
    ("name", "job"),
    [
        ("penguins", "penguins"),
        ("penguin-runner", "penguin__runner"),
        ("penguin_runner", "penguin_runner"),
        ("penguin__runner", "penguin_runner_36171727"),
        ("with.dots", "with_dots_fdace7ed"),
        ("名前", "job_7ec26292"),
        ("config", "config_b79606fb"),
    ],
)
def test_jobs_have_names_that_people_know(name: str, job: str) -> None:
    assert job_of(name) == job


@given(st.sets(st.text(min_size=1, max_size=120), min_size=2, max_size=20))
def test_no_two_deployments_have_one_job(names: set[str]) -> None:
    jobs = [job_of(name) for name in names]
    assert len({*jobs}) == len(jobs)
    assert all(VALID.fullmatch(job) and job not in DISALLOWED_NAMES for job in jobs)


@given(st.text(alphabet="ab-_", min_size=1, max_size=6), st.text(alphabet="ab-_", min_size=1))
def test_dashes_and_underscores_stay_apart(one: str, other: str) -> None:
    assert (job_of(one) == job_of(other)) is (one == other)


def test_dagster_keeps_no_other_names_for_itself() -> None:
    assert _TAKEN == DISALLOWED_NAMES


def test_steps_have_keys_with_their_groups() -> None:
    assert Names(NESTED).keys == {
        "load.read": "load_read",
        "train.fit": "outer.train_fit",
        "train.score": "outer.inner.train_score",
        "train.again": "outer.train_again",
        "report.write": "report_write",
    }


def test_steps_that_would_be_called_alike_are_told_apart() -> None:
    steps = ("a.b", "a_b", "a.b[2]", "a.b_2", "type")
    graph = StepGraph(
        steps=tuple(Step(name=name) for name in steps), groups=(Group(("a_b",)), Group(("é",)))
    )
    names = Names(graph)
    assert [*names.flat.values()] == ["a_b", "a_b_", "a_b_2", "a_b_2_", "type_"]
    assert [*names.groups.values()] == ["a_b__", "step"]


def test_a_method_may_have_a_name_of_dagsters() -> None:
    assert (op_of("build"), op_of("config")) == ("build", "config_")
