"""`lolpop config check | show | schema`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

BODY = "def one(self): ...\ndef two(self): ..."


def test_check_says_what_it_found(inside: Any, project: Any) -> None:
    project("def run(self): ...", yaml="config: {x: 1}")
    done = inside("config", "check", "-c", "lolpop.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("lolpop.yaml: no problems\nrunner      MyRunner\nentrypoint  run\n")


def test_check_names_no_entrypoint_where_none_is_the_only_one(inside: Any, project: Any) -> None:
    project(BODY)
    assert inside("config", "check").stdout.endswith("\nentrypoint  named with -e\n")
    answer = json.loads(inside("config", "check", "--output", "json").stdout)
    assert answer == {
        "status": "ok",
        "runner": "MyRunner",
        "entrypoint": None,
        "pipelines": {},
        "components": {},
        "decorators": {},
    }


def test_check_reports_every_problem(inside: Any, project: Any) -> None:
    folder = project(BODY, yaml="ordr: data\ngranularity: rough")
    done = inside("config", "check", "--output", "json")
    assert (done.returncode, done.stderr) == (2, "")
    answer = json.loads(done.stdout)
    assert answer["exit_code"] == 2
    places = [(each["file"], each["line"], each["path"]) for each in answer["error"]["problems"]]
    assert set(places) >= {("lolpop.yaml", 3, "ordr"), ("lolpop.yaml", 4, "granularity")}
    assert folder.is_dir()


def test_show_gives_the_result_of_all_files(inside: Any, project: Any) -> None:
    folder = project(BODY, yaml="config: {a: 1, b: $config.a, c: '${env:SECRET_X}'}")
    (folder / "more.yaml").write_text("config: {a: 2}")
    words = ["config", "show", "-c", "lolpop.yaml", "-c", "more.yaml", "--set", "config.d=.nan"]
    done = inside(*words, SECRET_X="hidden")
    assert (done.returncode, done.stderr) == (0, "")
    assert "hidden" not in done.stdout
    shown = yaml.safe_load(done.stdout)["config"]
    assert {key: shown[key] for key in "abc"} == {"a": 2, "b": 2, "c": "${env:SECRET_X}"}
    answer = json.loads(inside(*words, "--output", "json").stdout, parse_constant=pytest.fail)
    assert answer["config"]["config"] == {"a": 2, "b": 2, "c": "${env:SECRET_X}", "d": "nan"}
    assert answer["places"]["config.a"] == "more.yaml:1:13"


def test_show_refuses_a_broken_file(inside: Any, project: Any) -> None:
    project(BODY, yaml="a: [")
    done = inside("config", "show")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: lolpop.yaml:3:")
    assert "Traceback" not in done.stderr


def test_the_schema_is_one_for_a_validator(inside: Any, project: Any) -> None:
    folder = project(BODY)
    done = inside("config", "schema")
    assert (done.returncode, done.stderr) == (0, "")
    schema = json.loads(done.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load((folder / "lolpop.yaml").read_text()), schema)
    assert json.loads(inside("config", "schema", "--output", "json").stdout) == schema


def test_a_configuration_may_be_piped(script: Path, project: Any) -> None:
    folder = project("def run(self): ...")
    text = (folder / "lolpop.yaml").read_bytes()
    for words in ("config check", "deployment list", "deployment package"):
        done = subprocess.run(
            [script, *words.split(), "-c", "/dev/stdin"],
            input=text,
            capture_output=True,
            timeout=60,
            cwd=folder,
        )
        assert (done.returncode, done.stderr) == (0, b"")


def test_input_without_an_end(script: Path, tmp_path: Path) -> None:
    said = {
        "cat /dev/zero | {} graph -c /dev/stdin": "it has more than 1 MB",
        "{} graph -c /dev/stdin </dev/zero": "it is neither a file, a pipe nor a terminal",
    }
    for line, why in said.items():
        words = ["bash", "-c", line.format(script)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (
            2,
            "",
            f"error: /dev/stdin:1:1: can't read '/dev/stdin': {why}\n",
        )
