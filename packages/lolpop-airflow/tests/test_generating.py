"""The generated file: deterministic, and made of the standard library and `airflow.sdk` alone."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from airflow_samples import package, spec

from lolpop_airflow import files
from lolpop_airflow.config import AirflowConfig
from lolpop_airflow.generating import generate

CONFIG = AirflowConfig()


def test_the_same_deployment_gives_the_same_bytes() -> None:
    one, other = (generate(package(), spec(), CONFIG) for _ in range(2))
    assert one == other
    assert generate(package(), spec(concurrency=3), CONFIG) != one


def foreign(tree: ast.AST) -> set[str]:
    named = {each.names[0].name for each in ast.walk(tree) if isinstance(each, ast.Import)}
    named |= {str(each.module) for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)}
    return {name for name in named if name.partition(".")[0] not in sys.stdlib_module_names}


def test_it_imports_the_standard_library_and_the_sdk_alone() -> None:
    tree = ast.parse(generate(package(), spec(), CONFIG))
    # Only where an older `airflow.sdk` lacks a name, it comes from where it was before.
    (older,) = [
        each
        for each in ast.walk(tree)
        if isinstance(each, ast.ExceptHandler) and ast.unparse(each.type or each) == "ImportError"
    ]
    assert foreign(older) == {"airflow.exceptions", "airflow.timetables.trigger"}
    older.body = []
    assert foreign(tree) == {"airflow.sdk", "airflow.sdk.exceptions"}


def test_its_header_says_what_made_it() -> None:
    lines = generate(package(), spec(), CONFIG).splitlines()
    assert lines[:3] == [
        "# Made by lolpop-airflow: deployment 'penguins' of project 'birds',",
        f"# from package {'a' * 64}.",
        "# Change the workflow, not this file: `lolpop deployment build` writes it again.",
    ]


def test_steps_and_groups_and_settings_stand_in_it() -> None:
    text = generate(package(), spec(), AirflowConfig(pool="lab"))
    for line in (
        "    groups[('prepare',)] = TaskGroup('prepare', tooltip='Get ready.')",
        "    groups[('prepare', 'clean[2]')] = "
        "TaskGroup('clean__2', parent_group=groups[('prepare',)])",
        "        task_id='train.fit__2',",
        "        retry_delay=timedelta(seconds=10.0),",
        "        execution_timeout=timedelta(seconds=90.0),",
        "        pool='lab',",
        "    steps['train.fit[2]'] << [steps['load'], steps['train.fit']]",
        "    max_active_runs=2,",
    ):
        assert line in text.splitlines()


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = files.path_of(tmp_path, "penguins")
    written = files.write(path, generate(package(), spec(), CONFIG))
    assert files.read(path) == written
    assert written.spec == spec()
    made = written.deployment("http://airflow", None)
    assert made.deployment_digest == spec().digest("a" * 64)
    assert made.url == "http://airflow/dags/penguins"


def test_taking_the_schedule_out_changes_one_line(tmp_path: Path) -> None:
    text = generate(package(), spec(), CONFIG)
    file = files.write(files.path_of(tmp_path, "penguins"), text)
    out = files.suspended(file)
    pairs = zip(text.splitlines(), out.text.splitlines(), strict=True)
    assert [pair for pair in pairs if pair[0] != pair[1]] == [
        ("SUSPENDED = False", "SUSPENDED = True")
    ]
    assert (out.suspended, out.plain) == (True, text)
    assert ast.parse(out.text)


def test_a_renewed_schedule_begins_when_it_is_renewed(tmp_path: Path) -> None:
    text = generate(package(), spec(), CONFIG)
    file = files.write(files.path_of(tmp_path, "penguins"), files.since_now(text))
    assert file.text != text
    assert (file.plain, file.suspended) == (text, False)
