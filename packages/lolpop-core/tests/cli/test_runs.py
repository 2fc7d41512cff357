"""`lolpop runs`: what became of runs that the embedded orchestrator made, from records alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

WORKFLOW = """
from pathlib import Path

import lolpop
import pandas


class Model:
    pass


class Work(lolpop.Pipeline):
    def make(self, seed):
        print("making", seed)
        return pandas.DataFrame({"a": [seed, 2]}), Path("made.txt")

    def note(self, seed):
        Path("note.txt").write_text(f"seed {seed}")
        return Path("note.txt")

    def fit(self, made, fail):
        if fail:
            raise ValueError("it is broken")
        return Model()

    def score(self, model):
        return {"accuracy": 0.5, "größe": [1, 2]}


class Flow(lolpop.Runner):
    work: Work

    def run(self, seed: int = 7, fail: bool = False):
        made, path = self.work.make(seed)
        self.work.note(seed)
        model = self.work.fit(made, fail)
        return self.work.score(model)
"""
YAML = """
runner: Flow
modules: [looked_at]
pipelines: {work: Work}
steps: {work.fit: {retries: 1}}
deployment: {name: flow}
"""
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make two runs, the second one fails; give the project folder."""
    folder = tmp_path_factory.mktemp("looked") / "project"
    folder.mkdir()
    (folder / "looked_at.py").write_text(WORKFLOW)
    (folder / "lolpop.yaml").write_text(YAML)
    script = Path(sys.executable).with_name("lolpop")
    environment = {key: value for key, value in os.environ.items() if key != "LOLPOP_ATTEMPT"}
    for words, code in (("build", 0), ("run --wait", 0), ("run --wait --param fail=true", 1)):
        done = subprocess.run(
            [script, "deployment", *words.split()],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == code, done.stdout + done.stderr
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def runs(made: Path, tmp_path: Path, inside: Any) -> Any:
    """Call `lolpop runs …` in a copy of that project, whose orchestrator is gone."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    text = (tmp_path / "lolpop.yaml").read_text()
    (tmp_path / "lolpop.yaml").write_text(f"{text}decorators: {{orchestrator: GoneOrchestrator}}\n")
    return lambda *words: inside("runs", *words)


@pytest.fixture
def ids(runs: Any) -> list[str]:
    """Give the ids of the runs, oldest first."""
    answer = json.loads(runs("list", "--output", "json").stdout)
    return [each["run"]["ref"]["run_id"] for each in reversed(answer["runs"])]


def without_times(text: str) -> str:
    text = re.sub(r"\b[0-9a-f]{12}\b", "<digest>", TIME.sub("<time>", text))
    return re.sub(r"(\d+ m )?\d+(\.\d+)? m?s\b", "<took>", text)


def squeezed(text: str) -> list[str]:
    return [re.sub(r"  +", "  ", line) for line in without_times(text).splitlines()]


def test_the_list_has_the_newest_first(runs: Any, ids: list[str]) -> None:
    done = runs("list")
    assert (done.returncode, done.stderr) == (0, "")
    assert squeezed(done.stdout) == [
        "run  deployment  orchestrator  state  began  took",
        f"{ids[1]}  flow  LocalOrchestrator  failed  <time>  <took>",
        f"{ids[0]}  flow  LocalOrchestrator  succeeded  <time>  <took>",
    ]
    last = runs("list", "--limit", "1").stdout.splitlines()
    assert last[1].startswith(ids[1])
    assert last[2:] == ["1 older run; next: --limit 2"]


def test_the_list_can_be_narrowed(runs: Any, ids: list[str]) -> None:
    assert runs("list", "--deployment", "flow").stdout.count("\n") == 3
    assert runs("list", "--deployment", "other").stdout == "no runs\n"
    assert runs("list", "--orchestrator", "Other").stdout == "no runs\n"
    done = runs("list", "--orchestrator", "LocalOrchestrator", "--limit", "1", "--output", "json")
    answer = json.loads(done.stdout)
    assert (answer["all"], len(answer["runs"]), answer["damaged"]) == (2, 1, {})
    assert answer["runs"][0]["run"]["state"] == "failed"


def test_a_damaged_record_is_named_and_the_rest_listed(
    runs: Any, ids: list[str], tmp_path: Path
) -> None:
    key = f"runs/LocalOrchestrator/flow/{ids[0]}/run.json"
    (tmp_path / ".lolpop" / key).write_text("{")
    done = runs("list")
    assert (done.stdout.count("\n"), done.returncode) == (2, 0)
    assert done.stderr == f"warning: these records can't be read: {key}\n"
    assert list(json.loads(runs("list", "--output", "json").stdout)["damaged"]) == [key]


def test_a_run_that_failed(runs: Any, ids: list[str]) -> None:
    done = runs("show", "latest")
    assert (done.returncode, done.stderr) == (0, "")
    assert squeezed(done.stdout) == [
        f"run {ids[1]} of flow on LocalOrchestrator: failed",
        "  work.fit: ValueError: it is broken",
        "  began <time>, took <took>",
        "  package <digest>",
        "  parameter fail = true",
        "step  state  attempt  took  output  error",
        "work.make  succeeded  1  <took>  <digest>",
        "work.note  succeeded  1  <took>  <digest>",
        "work.fit  failed  1  <took>  ValueError: it is broken",
        "work.fit  failed  2  <took>  ValueError: it is broken",
        "work.score  skipped",
        f"next: lolpop runs report {ids[1]}",
    ]


def test_a_run_as_json(runs: Any, ids: list[str]) -> None:
    answer = json.loads(runs("show", ids[0], "--output", "json").stdout)
    assert (answer["run"]["state"], answer["source"]) == ("succeeded", "records")
    assert (answer["parameters"], len(answer["package_digest"])) == ({}, 64)
    assert sorted(answer["outputs"]) == ["work.fit", "work.make", "work.note", "work.score"]
    assert answer["outputs"]["work.score"]["kind"] == "json"


@pytest.mark.parametrize("verb", ["show", "report", "get"])
def test_a_run_that_is_not_there(runs: Any, tmp_path: Path, verb: str) -> None:
    words = ["zzz", "work.make"] if verb == "get" else ["zzz"]
    done = runs(verb, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: no run 'zzz' in the storage '{tmp_path / '.lolpop'}'\n"
        "hint: `lolpop runs list` shows all\n"
    )


def test_an_ambiguous_run(runs: Any, ids: list[str]) -> None:
    begin = ids[0][:8]
    assert ids[1].startswith(begin)
    full = [f"LocalOrchestrator/flow/{each}" for each in reversed(ids)]
    done = runs("show", begin)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: {begin!r} is the beginning of 2 runs: {', '.join(full)}\n"
        "hint: give more of the id, or one of these names in full\n"
    )
    assert runs("show", full[0]).returncode == 0


def test_a_report_is_one_page_in_the_storage(runs: Any, ids: list[str], tmp_path: Path) -> None:
    done = runs("report", "latest")
    page = tmp_path / ".lolpop" / "reports" / "LocalOrchestrator" / "flow" / f"{ids[1]}.html"
    assert (done.returncode, done.stdout, done.stderr) == (0, f"written: {page.as_uri()}\n", "")
    text = page.read_text()
    assert "work.fit</code></a> failed after 2 attempts" in text
    assert "making 7" in text
    assert "<script" not in text
    answer = json.loads(runs("report", ids[0], "-o", "my/x.html", "--output", "json").stdout)
    assert (answer["file"], answer["run"]["run_id"]) == ("my/x.html", ids[0])
    assert answer["link"] == (tmp_path / "my" / "x.html").as_uri()
    assert "accuracy" in (tmp_path / "my" / "x.html").read_text()


def test_a_report_is_opened_on_request(
    runs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    code = "from lolpop.cli import main; main(['runs', 'report', 'latest', '--open'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == f"written: {(tmp_path / 'opened').read_text()}\n"


def test_an_output_is_printed(runs: Any) -> None:
    done = runs("get", "latest", "work.make", "--element", "0")
    assert (done.stdout, done.stderr) == ("   a\n0  7\n1  2\n", "")


def test_a_json_output(runs: Any, ids: list[str], tmp_path: Path) -> None:
    score = {"accuracy": 0.5, "größe": [1, 2]}
    done = runs("get", ids[0], "work.score")
    assert json.loads(done.stdout) == score
    assert "größe" in done.stdout
    answer = json.loads(runs("get", ids[0], "work.score", "--output", "json").stdout)
    assert (answer["value"], answer["file"], answer["note"]) == (score, None, None)
    assert (answer["step"], answer["output"]["type_name"]) == ("work.score", "dict")
    done = runs("get", ids[0], "work.score", "-o", "score.json", "--element", "größe")
    assert done.stdout == f"written: {tmp_path / 'score.json'}\n"
    assert json.loads((tmp_path / "score.json").read_text()) == [1, 2]


def test_a_file_is_copied(runs: Any, ids: list[str], tmp_path: Path) -> None:
    done = runs("get", "latest", "work.note")
    assert done.stdout == f"written: {tmp_path / 'note.txt'}\n"
    assert (tmp_path / "note.txt").read_text() == "seed 7"
    done = runs("get", "latest", "work.note")
    assert (done.returncode, done.stderr) == (
        2,
        "error: 'note.txt' is in the working folder already\nhint: name another file with -o\n",
    )


def test_a_value_of_the_projects_own_class(runs: Any, ids: list[str], tmp_path: Path) -> None:
    done = runs("get", ids[0], "work.fit")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "error: a value of type looked_at.Model can't be printed\n"
        "hint: -o FILE writes it, pickled; --element takes a part of it\n",
    )
    done = runs("get", ids[0], "work.fit", "-o", "model.pickle")
    assert done.stdout == f"written: {tmp_path / 'model.pickle'}\n"
    assert done.stderr == (
        "note: pickled: only Python reads it, with the distributions that it was made with;"
        " open it only if you trust whoever made it\n"
    )
    load = "import pickle; print(type(pickle.load(open('model.pickle', 'rb'))).__name__)"
    done = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True)
    assert done.stdout == "Model\n"


def test_an_output_that_is_not_there(runs: Any, ids: list[str]) -> None:
    done = runs("get", "latest", "work.fit", "--attempt", "2")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        f"error: step 'work.fit' has no output in run {ids[1]!r}: it failed: ValueError: it is"
        f" broken\nhint: `lolpop runs show {ids[1]}` shows all steps\n",
    )


def test_where_there_are_no_runs(inside: Any, project: Any, tmp_path: Path) -> None:
    project("def run(self): ...")
    assert inside("runs", "list").stdout == "no runs\n"
    assert not (tmp_path / ".lolpop").exists()
    done = inside("runs", "show", "latest", "--set", "storage=other")
    assert (done.returncode, done.stderr) == (
        2,
        f"error: there are no runs in the storage '{tmp_path / 'other'}'\n"
        "hint: `lolpop deployment run` makes one; `lolpop run workflow` keeps no record\n",
    )
    (tmp_path / "lolpop.yaml").unlink()
    done = inside("runs", "list")
    assert (done.returncode, done.stderr) == (
        2,
        "error: lolpop.yaml:1:1: no such file: 'lolpop.yaml'\n"
        "hint: name one with -c, or start a project with `lolpop init`\n",
    )


def test_looking_back_imports_no_orchestrator(made: Path) -> None:
    code = (
        "import sys\nfrom lolpop.cli.app import run\n"
        "for words in (['list'], ['show', 'latest'], ['report', 'latest', '-o', '/dev/null']):\n"
        "    assert run(['runs', *words]) == 0\n"
        "names = {'lolpop.local', 'lolpop.orchestrator', 'lolpop.lifecycle', 'pluggy'}\n"
        "assert not names & set(sys.modules), names & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=made, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
