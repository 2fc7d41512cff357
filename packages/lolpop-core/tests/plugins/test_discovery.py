"""Which plugins are found, and what is said when one can't be used."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from lolpop import plugins
from lolpop.errors import (
    PluginConflictError,
    PluginImportError,
    PluginNotInstalledError,
    PluginVersionError,
)
from lolpop.local import LocalOrchestrator

LIST = "`lolpop plugins list` shows what is installed"


def said(error: Any) -> tuple[str, str | None]:
    return error.value.message, error.value.hint


def entry(name: str, target: str, kind: str = "orchestrators") -> str:
    return f"[lolpop.{kind}]\n{name} = {target}\n"


def test_the_local_orchestrator_is_an_ordinary_plugin() -> None:
    plugin = plugins.find("orchestrator", "LocalOrchestrator")
    assert plugin is not None
    assert plugin.distribution == "lolpop-core"
    assert plugins.load(plugin) is LocalOrchestrator


def test_discovery_imports_nothing(site: Any, tmp_path: Path) -> None:
    code = f"from pathlib import Path\nPath({str(tmp_path / 'imported')!r}).touch()\nX = Y = 1\n"
    site.add("first", entry("XOrchestrator", "first:X"), code)
    site.add("second", entry("YOrchestrator", "second:Y"), code)
    assert {plugin.name for plugin in plugins.installed()} >= {"XOrchestrator", "YOrchestrator"}
    assert plugins.find("orchestrator", "x") is not None
    assert not (tmp_path / "imported").exists()
    plugins.load(plugins.find("orchestrator", "x"))
    assert (tmp_path / "imported").exists()
    assert "second" not in sys.modules


@pytest.mark.parametrize("name", ["prefect", "Prefect", "PREFECT", "prefectorchestrator"])
def test_an_alias_means_the_orchestrator(site: Any, name: str) -> None:
    site.add("lolpop-prefect", entry("PrefectOrchestrator", "m:X"))
    found = plugins.find("orchestrator", name)
    assert found is not None
    assert (found.name, found.target) == ("PrefectOrchestrator", "m:X")
    assert plugins.find("component", name) is None


def test_the_exact_name_goes_before_the_alias(site: Any) -> None:
    site.add("long", entry("PrefectOrchestrator", "m:Long"))
    site.add("short", entry("prefect", "m:Short"))
    for name, target in {"prefect": "m:Short", "PrefectOrchestrator": "m:Long"}.items():
        found = plugins.find("orchestrator", name)
        assert found is not None
        assert found.target == target


def test_components_have_no_aliases(site: Any) -> None:
    site.add("x", entry("Notifier", "x:Notifier", "components"))
    assert plugins.find("component", "Notifier") is not None
    assert plugins.find("component", "notifier") is None


def test_extras_after_the_target_are_left_out(site: Any) -> None:
    site.add("x", entry("XOrchestrator", "x:X [cloud]"), "X = 7\n")
    found = plugins.find("orchestrator", "x")
    assert found is not None
    assert plugins.load(found) == 7


def test_a_distribution_on_the_path_twice_is_no_conflict(
    site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = type(site)(tmp_path / "other")
    monkeypatch.syspath_prepend(str(other.folder))
    site.add("my-plugin", entry("XOrchestrator", "old:X"), version="1.0")
    other.add("My_Plugin", entry("XOrchestrator", "new:X"), version="2.0")
    found = plugins.find("orchestrator", "x")
    assert found is not None
    assert (found.provider, found.target) == ("my-plugin 2.0", "new:X")


def test_two_distributions_of_one_plugin_are_a_conflict(site: Any) -> None:
    site.add("one", entry("XOrchestrator", "one:X"))
    site.add("two", entry("XOrchestrator", "two:X"), version="3.1")
    with pytest.raises(PluginConflictError) as error:
        plugins.find("orchestrator", "XOrchestrator")
    message, hint = said(error)
    assert message in (
        "orchestrator 'XOrchestrator' is provided twice: by one 1.0 and two 3.1",
        "orchestrator 'XOrchestrator' is provided twice: by two 3.1 and one 1.0",
    )
    assert hint == f"uninstall one of them: pip uninstall {message.split()[-2]}"


@pytest.mark.parametrize(
    ("kind", "name", "message", "hint"),
    [
        (
            "orchestrator",
            "dagster",
            "orchestrator 'dagster' isn't installed; installed: LocalOrchestrator",
            "pip install lolpop-dagster",
        ),
        (
            "orchestrator",
            "LocalOrchestrater",
            "orchestrator 'LocalOrchestrater' isn't installed; installed: LocalOrchestrator",
            f"did you mean 'LocalOrchestrator'? {LIST}",
        ),
        (
            "orchestrator",
            "PrefektOrchestrator",
            "orchestrator 'PrefektOrchestrator' isn't installed; installed: LocalOrchestrator",
            f"did you mean 'PrefectOrchestrator'? {LIST}",
        ),
        (
            "extension",
            "LocalOrchestrater",
            "extension 'LocalOrchestrater' isn't installed; installed: none",
            LIST,
        ),
        ("extension", "prefect", "extension 'prefect' isn't installed; installed: none", LIST),
    ],
)
def test_a_missing_plugin_is_named(kind: str, name: str, message: str, hint: str) -> None:
    error = plugins.not_installed(kind, name)
    assert isinstance(error, PluginNotInstalledError)
    assert (error.message, error.hint, error.exit_code) == (message, hint, 3)


@pytest.mark.parametrize(
    ("code", "target", "cause"),
    [
        ("1 / 0\n", "x:X", "ZeroDivisionError: division by zero"),
        ("import nowhere_at_all\n", "x:X", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("raise SystemExit('no licence')\n", "x:X", "SystemExit: no licence"),
        ("", "x:X", "AttributeError: module 'x' has no attribute 'X'"),
        ("", "missing:X", "ModuleNotFoundError: No module named 'missing'"),
        ("", ":X", "ValueError: Empty module name"),
    ],
)
def test_a_plugin_that_fails_to_import_is_named(
    site: Any, code: str, target: str, cause: str
) -> None:
    site.add("x", entry("XOrchestrator", target), code)
    plugin = plugins.find("orchestrator", "x")
    assert plugin is not None
    with pytest.raises(PluginImportError) as error:
        plugins.load(plugin)
    assert said(error) == (
        f"orchestrator 'XOrchestrator' of x 1.0 failed to import: {cause}",
        "`lolpop plugins doctor XOrchestrator` says more",
    )
    assert type(error.value.__cause__).__name__ == cause.partition(":")[0]
    assert (error.value.plugin, error.value.distribution) == ("XOrchestrator", "x 1.0")


@pytest.mark.parametrize(
    ("requires", "shown"),
    [
        ("lolpop-core>=2,<3", "<3,>=2"),
        ("lolpop_core (<1)", "<1"),
        ("Lolpop.Core>=9; python_version > '3'", ">=9"),
        ("lolpop-core>=1.7; extra == 'x'\nRequires-Dist: lolpop-core==0.4", "==0.4"),
        ("lolpop-core>=1\nRequires-Dist: lolpop-core<1", "<1,>=1"),
    ],
)
def test_another_contract_version_is_read_without_importing(
    site: Any, requires: str, shown: str
) -> None:
    site.add("x", entry("XOrchestrator", "x:X"), "raise AssertionError", requires=requires)
    plugin = plugins.find("orchestrator", "x")
    assert plugin is not None
    with pytest.raises(PluginVersionError) as error:
        plugins.load(plugin)
    message, hint = said(error)
    start = "orchestrator 'XOrchestrator' of x 1.0 was made for lolpop-core"
    assert message.startswith(start)
    wanted, _, rest = message.removeprefix(start).partition(", this is ")
    assert (set(wanted.split(",")), rest) == (set(shown.split(",")), "lolpop-core 1.0.0")
    assert hint == "pip install --upgrade x lolpop-core"
    assert "x" not in sys.modules


@pytest.mark.parametrize(
    "requires",
    [
        None,
        "lolpop-core",
        "lolpop-core>=1,<2",
        "lolpop-core[venv]~=1.0",
        "lolpop-core>=2; python_version < '3'",
        "lolpop-core>=2; extra == 'next'",
        "numpy>=99",
        "lolpop-core @ file:///somewhere",
        "what is this, a requirement?",
    ],
)
def test_a_plugin_of_this_contract_version_is_imported(site: Any, requires: str | None) -> None:
    site.add("x", entry("XOrchestrator", "x:X"), "X = 1\n", requires=requires)
    plugin = plugins.find("orchestrator", "x")
    assert plugin is not None
    assert plugins.load(plugin) == 1


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("METADATA", None),
        ("METADATA", b""),
        ("METADATA", b"\xff\xfe\x00nonsense"),
        ("METADATA", b"Name: broken\n"),
        ("METADATA", b"Name: broken\nVersion: x y\nRequires-Dist: lolpop-core>=>1\n"),
        ("entry_points.txt", None),
        ("entry_points.txt", b"\xff\xfe lolpop."),
        ("entry_points.txt", b"[lolpop.orchestrators\nX = x:X\n"),
        ("entry_points.txt", b"X = lolpop.x:X\n"),
        ("entry_points.txt", b"[console_scripts]\nwhat\n[lolpop.orchestrators]\n  = \n"),
    ],
)
def test_broken_metadata_hurts_nobody_else(site: Any, file: str, content: bytes | None) -> None:
    broken = site.add("broken", entry("BrokenOrchestrator", "broken:X"))
    site.add("fine", entry("XOrchestrator", "fine:X"))
    (broken / file).unlink()
    if content is not None:
        (broken / file).write_bytes(content)
    plugins.forget()
    assert plugins.find("orchestrator", "x") is not None
    assert plugins.find("orchestrator", "local") is not None
    assert all(isinstance(trouble, str) for trouble in plugins.unreadable())


def test_metadata_that_cannot_be_read_is_reported(site: Any) -> None:
    info = site.add("broken", "[lolpop.orchestrators\nX = x:X\n")
    text = "ValueError: entry_points.txt has a section without an end: '[lolpop.orchestrators'"
    assert plugins.unreadable() == (f"a distribution in {info.parent}: {text}",)


READING = re.compile(r"metadata\.(entry_points|distributions)\(|entry_points\.txt")


def test_only_one_module_reads_entry_points() -> None:
    root = Path(plugins.__file__).parent
    readers = [
        file.relative_to(root).as_posix()
        for file in root.rglob("*.py")
        if READING.search(file.read_text("utf-8"))
    ]
    assert readers == ["plugins.py"]


def test_the_unrelated_distribution_is_seen(site: Any) -> None:
    assert plugins.foreign_lolpop() is None
    site.add("lolpop", "", version="0.0.7")
    assert plugins.foreign_lolpop() == "0.0.7"
