"""One edited line moves the penguins through every engine: same steps, outputs and failures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from engines import ORCHESTRATORS
from moving import LINE, Outcome, Project
from table import table

README = Path(__file__).parents[2] / "README.md"

LOCAL, *OTHERS = ORCHESTRATORS
Moved = Mapping[str, Outcome]
BROKEN = """
deployment: {name: broken}
config:
  measurements: [bill_length_mm, wing_length_mm]
steps:
  process.clean: {retries: 1, retry_delay: 0}
"""


@pytest.fixture(scope="module")
def moved(project: Project, show: Callable[[Moved], object]) -> Moved:
    """Move the penguins from engine to engine."""
    found = {}
    for name in ORCHESTRATORS:
        project.name(name)
        found[name] = project.move()
    show(found)
    return found


@pytest.fixture(scope="module")
def broken(project: Project) -> Moved:
    """Move penguins that fail in their second step, which is tried twice."""
    (project.folder / "broken.yaml").write_text(BROKEN)
    found = {}
    for name in ORCHESTRATORS:
        project.name(name)
        found[name] = project.move("-c", "lolpop.yaml", "-c", "broken.yaml")
    return found


def test_a_switch_edits_one_line(project: Project) -> None:
    project.name(LOCAL)
    for name in (*OTHERS, LOCAL):
        assert project.name(name) == ["+ " + LINE.format(name)]


@pytest.mark.parametrize("name", ORCHESTRATORS)
def test_it_succeeds(moved: Moved, name: str) -> None:
    assert moved[name].exit_code == 0
    assert len(moved[name].states) == 8
    assert {*moved[name].states.values()} == {"succeeded"}


@pytest.mark.parametrize("name", OTHERS)
def test_steps_and_outputs_are_the_same(moved: Moved, name: str) -> None:
    assert moved[name].told["run"]["ref"]["orchestrator"] == name
    assert [*moved[name].states] == [*moved[LOCAL].states]
    assert moved[name].attempts == moved[LOCAL].attempts
    assert len(moved[name].digests) == 8
    assert moved[name].digests == moved[LOCAL].digests
    assert moved[name].told["package_digest"] == moved[LOCAL].told["package_digest"]


def test_it_fails_as_it_should(broken: Moved) -> None:
    outcome = broken[LOCAL]
    assert outcome.exit_code == 1
    assert outcome.told["failed_step"] == "process.clean"
    (first, again) = outcome.attempts["process.clean"]
    assert first == again
    assert first[0] == "failed"
    assert "wing_length_mm" in str(first[1])


@pytest.mark.parametrize("name", OTHERS)
def test_failures_are_the_same(broken: Moved, name: str) -> None:
    for part in ("failed_step", "error"):
        assert broken[name].told[part] == broken[LOCAL].told[part]
    assert broken[name].exit_code == broken[LOCAL].exit_code
    assert broken[name].states == broken[LOCAL].states
    assert broken[name].attempts == broken[LOCAL].attempts
    assert broken[name].digests == broken[LOCAL].digests


def test_what_ran_is_told_after_a_switch(project: Project, moved: Moved) -> None:
    project.name(LOCAL)
    known = [each["run"]["ref"] for each in project.json("runs", "list")["runs"]]
    assert all(outcome.told["run"]["ref"] in known for outcome in moved.values())


def test_the_readme_shows_the_table(moved: Moved) -> None:
    told = README.read_text("utf-8").partition("<!-- the table that `nox -s switch` prints -->\n")[
        2
    ]
    shown = told.partition("\n\n")[0]
    assert _frame(shown) == _frame(table(moved))


def _frame(text: str) -> list[list[str]]:
    """Give what doesn't differ from one machine to another: names, counts, equal or not."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    counted = ("", "steps", "states")
    return [row if row[0] in counted else [row[0], row[-1]] for row in rows if "-" not in row[0]]
