"""An orchestrator that decorates inside of steps sees the calls beneath them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from lolpop.config.document import load
from lolpop.execution.decorating import as_json, decoration
from lolpop.workflow.check import check_orchestrator
from lolpop.workflow.project import working_in

YAML = """
decorators: {{orchestrator: "recorder:Recorder"}}
orchestrator:
  config:
    {chosen}
    file: "${{env:LOLPOP_TEST_FILE}}"
    run: {{}}
"""


@pytest.fixture
def told(packaged: tuple[Path, str], tmp_path: Path) -> Any:
    """Write the file that tells a step how it is decorated."""

    def told(chosen: str = "") -> str:
        (tmp_path / "lolpop.yaml").write_text(YAML.format(chosen=chosen))
        with working_in(packaged[0], [packaged[0]]):
            part = check_orchestrator(load([tmp_path / "lolpop.yaml"]))
        sys.modules.pop("recorder")
        file = tmp_path / "decoration.yaml"
        file.write_text(decoration(part))
        return str(file)

    return told


def test_the_file_is_configuration_without_values_of_the_environment(
    told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOLPOP_TEST_FILE", "secret")
    assert Path(told("integration_types: [component]")).read_text() == (
        "decorators:\n"
        "  orchestrator: recorder:Recorder\n"
        "orchestrator:\n"
        "  config:\n"
        "    integration_types:\n"
        "    - component\n"
        "    file: ${env:LOLPOP_TEST_FILE}\n"
    )


@pytest.mark.parametrize(
    ("chosen", "calls"),
    [("", ["Work.do", "Tool.use"]), ("integration_types: [component]", ["Tool.use"])],
)
def test_calls_beneath_a_step_are_seen(
    steps: Any,
    told: Any,
    chosen: str,
    calls: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOLPOP_TEST_FILE", str(tmp_path / "calls.txt"))
    assert steps.call(decorate=told(chosen)) == (0, "")
    expected = [f"{call} in {steps.storage}" for call in calls]
    assert (tmp_path / "calls.txt").read_text().splitlines() == expected


def test_a_step_that_is_not_told_is_not_decorated(
    steps: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOLPOP_TEST_FILE", str(tmp_path / "calls.txt"))
    assert steps.call()[0] == 0
    assert not (tmp_path / "calls.txt").exists()


def test_what_it_says_aside_is_for_the_engine_alone(
    steps: Any, told: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOLPOP_TEST_FILE", str(tmp_path / "calls.txt"))
    said, _ = steps.start(decorate=told()).communicate(timeout=120)
    assert said == b"called: do\nwell done\ncalled: use\n"
    assert steps.log() == "well done\n"


def test_it_may_be_given_as_json(
    steps: Any, told: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOLPOP_TEST_FILE", str(tmp_path / "calls.txt"))
    given = json.dumps(yaml.safe_load(Path(told()).read_text()))
    assert steps.call(decorate=given) == (0, "")
    assert len((tmp_path / "calls.txt").read_text().splitlines()) == 2


def test_a_step_may_be_told_less(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOLPOP_TEST_FILE", "secret")
    decoration = Path(told("integration_types: [component]")).read_text()
    assert json.loads(as_json(decoration, {"file"}) or "") == {
        "decorators": {"orchestrator": "recorder:Recorder"},
        "orchestrator": {"config": {"integration_types": ["component"]}},
    }
    assert as_json("", ()) is None


def test_json_that_is_none(steps: Any) -> None:
    code, said = steps.call(decorate="{no")
    assert code == 65
    assert said.startswith("ConfigError: --decorate:1:")


def test_a_file_that_is_missing(steps: Any, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    error = f"UsageError: the decoration {missing!r} can't be read: No such file or directory"
    assert steps.call(decorate=missing) == (65, f"{error}\n")
    assert steps.attempts()[0].error == error


def test_a_plugin_that_is_not_installed(steps: Any, tmp_path: Path) -> None:
    (tmp_path / "decoration.yaml").write_text("decorators: {orchestrator: PrefectOrchestrator}\n")
    error = (
        "PluginNotInstalledError: orchestrator 'PrefectOrchestrator' isn't installed;"
        " installed: LocalOrchestrator"
    )
    file = str(tmp_path / "decoration.yaml")
    assert steps.call(decorate=file) == (65, f"{error}\n")
