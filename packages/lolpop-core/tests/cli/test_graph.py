"""`lolpop graph`: the tree, the other forms, files, and what it says of what won't split."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest

WORKFLOW = """
class Data(Pipeline):
    def load(self, seed): ...
    def split(self, rows): ...


class Trainer(Component):
    def fit(self, rows): ...
    def score(self, model, rows): ...
"""
RUN = """
def run(self, seed: int = 7):
    rows, held_out = self.data.split(self.data.load(seed))
    return self.trained(rows)

def trained(self, rows):
    model = self.trainer.fit(rows)
    if self.trainer.score(model, rows) < 1:
        model = self.again(rows)
    return model

def again(self, rows):
    for _ in range(2):
        model = self.trainer.fit(rows)
    return model

def whole(self):
    return self.data.load(1)
"""
YAML = """
entrypoint: run
pipelines: {data: Data}
components: {trainer: Trainer}
steps: {"data.*": {retries: 2, retry_delay: 10s}, data.load: {retries: 1}}
"""
TREE = """\
steps in program order
├── data.load  reads parameter seed  [1 retry after 10 s]
├── data.split  reads data.load  [2 retries after 10 s]
├── trained  reads data.split[0]
│   ├── not split: flow.py:20: compares the output of 'trainer.score', which only the run knows
│   └── hint: do it in a method of a pipeline or component, and hand the value over
└── 3 steps in 0 groups, 1 collapsed
2 of 5 calls became steps (40 %)
"""


@pytest.fixture
def folder(project: Any) -> Path:
    made: Path = project(RUN, before=WORKFLOW, yaml=YAML)
    return made


def test_the_tree_shows_steps_settings_and_what_did_not_split(inside: Any, folder: Path) -> None:
    done = inside("graph")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == TREE
    assert inside("graph", COLUMNS="20", FORCE_COLOR="1").stdout == TREE
    assert not (folder / ".lolpop").exists()


def test_the_class_the_method_and_values_can_be_given(inside: Any, folder: Path) -> None:
    (folder / "lolpop.yaml").rename(folder / "other.yaml")
    words = ["MyRunner", "-c", "other.yaml", "-l", "flow.py", "-e", "whole"]
    done = inside("graph", *words, "--set", "order=data", "--set", "steps=null")
    assert done.stdout == (
        "steps in data order\n├── data.load\n└── 1 step in 0 groups, 0 collapsed\n"
        "1 of 1 calls became steps (100 %)\n"
    )


@pytest.mark.parametrize(
    ("granularity", "share"),
    [("runner", "0 of 5 calls became steps (0 %)"), ("component", "0 of 1 calls"), ("", "")],
)
def test_the_share_counts_what_stands_in_a_whole(
    inside: Any, project: Any, granularity: str, share: str
) -> None:
    if granularity == "runner":
        project(RUN, before=WORKFLOW, yaml=YAML + "granularity: runner")
    elif granularity:
        project(
            "def run(self):\n    return self.data.load()",
            before="""
                class Store(Component):
                    def get(self): ...
                class Base(Pipeline):
                    def load(self):
                        with open("x") as file:
                            return self.store.get()
                class Data(Base):
                    store: Store
                    def load(self):
                        return super().load()
            """,
            yaml="granularity: component\npipelines: {data: Data}\ncomponents: {store: Store}",
        )
    else:
        project("def run(self): ...")
        share = "no pipeline or component is called"
    assert inside("graph").stdout.splitlines()[-1].startswith(share)


def test_json_has_all_of_it(inside: Any, folder: Path) -> None:
    done = inside("graph", "--format", "json")
    facts = json.loads(done.stdout)
    assert facts["workflow"] == "MyRunner.run"
    assert facts["calls"] == {"steps": 2, "all": 5}
    assert [step["name"] for step in facts["graph"]["steps"]] == [
        "data.load",
        "data.split",
        "trained",
    ]
    assert facts["settings"]["data.load"] == {"retries": 1, "retry_delay": 10.0, "timeout": None}
    for words in (["--output", "json"], ["--output", "json", "--format", "tree"]):
        assert inside("graph", *words).stdout == done.stdout
    assert inside("graph", "--format", "json", "-o", "x.json").returncode == 0
    assert (folder / "x.json").read_text() == done.stdout


def test_a_mermaid_flowchart(inside: Any, folder: Path) -> None:
    lines = inside("graph", "--format", "mermaid").stdout.splitlines()
    assert lines[:2] == ["flowchart TD", '    s0["data.load<br/>1 retry after 10 s"]']


def test_the_page_goes_into_the_storage_so_that_no_package_holds_it(
    inside: Any, folder: Path
) -> None:
    done = inside("graph", "--format", "html")
    page = folder / ".lolpop" / "graphs" / "MyRunner.run.html"
    assert done.stdout == f"written: {page.as_uri()}\n2 of 5 calls became steps (40 %)\n"
    assert "2 of 5 calls became steps (40 %)" in page.read_text()
    done = inside("graph", "--format", "html", "--set", "storage=memory://x", "--output", "json")
    here = folder / "MyRunner.run.html"
    assert json.loads(done.stdout) == {
        "file": "MyRunner.run.html",
        "link": here.as_uri(),
        "calls": {"steps": 2, "all": 5},
    }
    assert here.read_text() == page.read_text()


def test_a_file_of_ones_own(inside: Any, folder: Path) -> None:
    done = inside("graph", "-o", "new/gräph.txt")
    file = folder / "new" / "gräph.txt"
    assert done.stdout == f"written: {file.as_uri()}\n2 of 5 calls became steps (40 %)\n"
    assert file.read_text() == TREE
    (folder / "file").touch()
    done = inside("graph", "-o", "file/x.txt")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "error: can't write 'file/x.txt': File exists\nhint: name another file with -o\n",
    )


def test_what_the_composition_prints_stays_out_of_json(inside: Any, project: Any) -> None:
    project("def run(self):\n    print('printed')")
    done = inside("graph", "--output", "json")
    assert json.loads(done.stdout)["workflow"] == "MyRunner.run"
    assert done.stderr == "printed\n"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (
            ["-e", "rum"],
            "error: MyRunner has no method 'rum'\nhint: did you mean 'run'?\n",
        ),
        (
            ["-c", "no.yaml"],
            "error: no.yaml:1:1: no such file: 'no.yaml'\n"
            "hint: name one with -c, or start a project with `lolpop init`\n",
        ),
        (
            ["--format", "svg"],
            "error: invalid value for '--format': 'svg' is not one of 'tree', 'mermaid', 'json',"
            " 'html'\nhint: see `lolpop graph --help`\n",
        ),
    ],
)
def test_errors(inside: Any, folder: Path, words: list[str], error: str) -> None:
    done = inside("graph", *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", error)


def test_a_terminal_has_colours_and_an_end(script: Path, folder: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "50"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(
        [script, "graph"], cwd=folder, env=environment, stdout=theirs, stdin=subprocess.DEVNULL
    ):
        os.close(theirs)
        seen = b""
        while chunk := _read(ours):
            seen += chunk
    os.close(ours)
    text = seen.decode()
    assert "\x1b[1mdata.load\x1b[0m" in text
    assert "which only the run knows" not in text.replace("\r", "").replace("\n", "")
    assert text.endswith("2 of 5 calls became steps (40 %)\r\n")


def _read(file: int) -> bytes:
    try:
        return os.read(file, 65536)
    except OSError:  # the other end is closed
        return b""


def test_a_poor_terminal_gets_a_poor_tree(lolpop: Any, folder: Path) -> None:
    done = lolpop("graph", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1].startswith("+-- data.load")
