"""The generated file in the Python that has Airflow: it is a DAG, and it is quickly one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

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
print(json.dumps([dag.dag_id, str(dag.timetable.summary), tasks, params]))
"""


def loaded(engine: Any, path: Path) -> Any:
    done = subprocess.run(
        [engine.python, "-c", LOAD, str(path)],
        env=engine.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_steps_groups_and_params_are_what_they_should_be(engine: Any, tmp_path: Path) -> None:
    path = files.path_of(tmp_path, "penguins")
    file = files.write(path, generate(package(), spec(), AirflowConfig()))
    assert loaded(engine, path) == [
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
    assert loaded(engine, path)[1] == "None"
