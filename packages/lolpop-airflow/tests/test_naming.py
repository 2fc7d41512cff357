"""Names in Airflow's alphabet: kept where they can be, and never the same for two."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from lolpop_airflow.naming import dag_id_of, file_of, group_ids, task_ids

NAMES = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=200)


@given(NAMES)
def test_a_dag_id_is_one_that_airflow_and_file_systems_take(name: str) -> None:
    made = dag_id_of(name)
    assert re.fullmatch(r"[\w-][\w.-]*", made, re.ASCII)
    assert len(file_of(made)) < 200


@given(st.sets(NAMES, min_size=2, max_size=8))
def test_two_names_have_two_ids(names: set[str]) -> None:
    assert len({dag_id_of(name) for name in names}) == len(names)


def test_a_plain_name_is_its_own_id() -> None:
    assert dag_id_of("penguins-2.Big_one") == "penguins-2.Big_one"
    assert re.fullmatch(r"with_space-[0-9a-f]{8}", dag_id_of("with space"))


@given(st.lists(NAMES, unique=True, max_size=8))
def test_each_step_has_a_task_of_its_own(names: list[str]) -> None:
    made = task_ids(names)
    assert [*made] == names
    assert len({*made.values()}) == len(names)
    assert all(re.fullmatch(r"[\w.-]+", task_id) for task_id in made.values())


def test_a_steps_second_call() -> None:
    assert task_ids(["a.b", "a.b[2]", "a.b__2"]) == {
        "a.b": "a.b",
        "a.b[2]": "a.b__2",
        "a.b__2": "a.b__2_",
    }


def test_groups_of_one_parent_have_ids_of_their_own() -> None:
    inner = ("train.fit", "train.fit")
    assert group_ids([("train.fit",), ("train_fit",), inner]) == {
        ("train.fit",): "train_fit",
        ("train_fit",): "train_fit_",
        inner: "train_fit",
    }
