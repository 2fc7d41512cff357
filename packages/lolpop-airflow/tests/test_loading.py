"""The generated file is a DAG in the newest and in the oldest Airflow 3."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from airflow_engine import OLDEST, PYTHON
from airflow_samples import package, spec

from lolpop_airflow import files
from lolpop_airflow.config import AirflowConfig
from lolpop_airflow.generating import generate

LOAD = """
import importlib.util, json, sys
made = importlib.util.spec_from_file_location("made", sys.argv[1])
module = importlib.util.module_from_spec(made)
made.loader.exec_module(module)
dag = module.dag
dag.validate()
tasks = {each.task_id: sorted(each.upstream_task_ids) for each in dag.tasks}
params = {key: each for key, each in dag.params.dump().items()}
cron = getattr(dag.timetable, "expression", getattr(dag.timetable, "_expression", None))
print(json.dumps([dag.dag_id, cron, tasks, params]))
"""


def loaded(python: str, path: Path) -> Any:
    assert python, "LOLPOP_AIRFLOW_PYTHON and LOLPOP_AIRFLOW_OLDEST_PYTHON must name Pythons"
    kept = {key: text for key, text in os.environ.items() if not key.startswith("AIRFLOW")}
    done = subprocess.run(
        [python, "-c", LOAD, str(path)],
        env={**kept, "AIRFLOW_HOME": str(path.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("python", [PYTHON, OLDEST], ids=["newest", "oldest"])
def test_steps_groups_and_params_are_what_they_should_be(python: str, tmp_path: Path) -> None:
    path = files.path_of(tmp_path, "penguins")
    file = files.write(path, generate(package(), spec(), AirflowConfig()))
    assert loaded(python, path) == [
        "penguins",
        "0 6 * * *",
        {
            "load": [],
            "prepare.train.fit": ["load"],
            "prepare.clean__2.train.fit__2": ["load", "prepare.train.fit"],
        },
        {"limit": None, "seed": 7, "shape": "flat"},
    ]
    files.suspended(file)
    assert loaded(python, path)[1] is None
