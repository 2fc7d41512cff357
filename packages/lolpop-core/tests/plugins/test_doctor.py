"""`lolpop plugins doctor`, `plugins list` and `config schema` beside plugins of all kinds."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lolpop.contract.capabilities import Capability
from lolpop.doctor import examination

Finding = dict[str, Any]
Examine = Callable[..., tuple[int, list[Finding]]]
Examined = Callable[..., list[Finding]]
MINE = "orchestrator 'MineOrchestrator' of mine 1.0"


def serious(message: str, hint: str) -> Finding:
    return {"message": message, "hint": hint, "serious": True}


NOISY = "import sys; print('x' * 200_000); sys.stderr.write('x' * 200_000)"
RUDE = "import os, sys; os.chdir('/'); os.environ.clear(); sys.stdout.close(); sys.argv.clear()"
STRAY = "import subprocess, sys; sys.stdin.read(); subprocess.Popen(['sleep', '60'])"


@pytest.mark.parametrize("code", [NOISY, RUDE, STRAY])
def test_a_plugin_that_works_is_healthy(site: Any, doctor: Examine, code: str) -> None:
    site.orchestrator(code)
    assert doctor() == (0, [])


@pytest.mark.parametrize("name", ["mine", "MINE", "mineorchestrator", "MineOrchestrator"])
def test_a_plugin_may_be_named_by_its_alias(site: Any, name: str) -> None:
    site.orchestrator("pass")
    assert [plugin.name for plugin in examination.named(name)] == ["MineOrchestrator"]


@pytest.mark.parametrize(
    ("code", "how", "last"),
    [
        ("import os; os._exit(3)", "exit code 3", "it said nothing"),
        ("import os; print('bye', flush=True); os._exit(0)", "exit code 0", "bye"),
        ("import os; os.kill(os.getpid(), 11)", signal.SIGSEGV.name, "it said nothing"),
        ("import os; os.kill(os.getpid(), 40)", "signal 40", "it said nothing"),
        ("raise KeyboardInterrupt('x')", signal.SIGINT.name, "KeyboardInterrupt: x"),
    ],
)
def test_an_import_that_ends_the_process_is_reported(
    site: Any, doctor: Examine, code: str, how: str, last: str
) -> None:
    site.orchestrator(code)
    message = f"importing it ends the process ({how})"
    assert doctor() == (3, [serious(message, f"its last words: {last}")])


def test_an_import_that_hangs_is_ended(site: Any, doctor: Examine) -> None:
    site.orchestrator("import os, time; os.fork(); time.sleep(60)")
    start = time.monotonic()
    message = "importing it takes longer than 1 s"
    hint = "its code must do no work when it is imported"
    assert doctor("mine", timeout=1) == (3, [serious(message, hint)])
    assert time.monotonic() - start < 15


HALF = "half implemented: deployments, plan, remove, run, runs, status, stop missing"
EVERY = "an orchestrator that deploys implements every hook of lolpop.hookspecs"
CAPABILITIES = f"known: {', '.join(item.name for item in Capability)}"


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        ("def deploy(self, package): return 1", HALF, EVERY),
        (
            "def deploy(self, pakage): return 1\ncapabilities = None",
            "'deploy' of 'MineOrchestrator' (mine 1.0) takes 'pakage', which the hook doesn't have",
            "its arguments are package, deployment, options",
        ),
        ("capabilities = frozenset({'fly', 1})", "unknown capabilities: 'fly', 1", CAPABILITIES),
        (
            "capabilities = None",
            "its capabilities aren't a set",
            "write `capabilities = frozenset({Capability.DECORATION})`, for example",
        ),
        (
            "class Config: pass",
            "its Config isn't a pydantic model",
            "write `class Config(lolpop.Config):`",
        ),
        (
            "options = {'deploy': 1}",
            "its options name an unknown verb: 'deploy'",
            "known: package, plan, build, run, stop, remove",
        ),
        (
            "options = {'build': Config}",
            "its options of 'build' aren't a subclass of DeployOptions",
            "derive them from lolpop.contract.options.DeployOptions",
        ),
    ],
)
def test_what_is_wrong_with_an_orchestrator_is_said(
    site: Any, examined: Examined, code: str, message: str, hint: str
) -> None:
    site.orchestrator(code)
    findings = examined()
    assert findings[0] == serious(message, hint)


def test_an_import_that_fails_is_located(site: Any, examined: Examined) -> None:
    site.orchestrator("x = 1\n1 / 0")
    where = f"raised at {site.folder / 'mine.py'}:5"
    message = f"{MINE} failed to import: ZeroDivisionError: division by zero"
    assert examined() == [serious(message, where)]


@pytest.mark.parametrize(
    ("kind", "base"),
    [("orchestrator", "Component"), ("component", "Runner"), ("runner", "object")],
)
def test_a_wrong_base_class_is_said(site: Any, examined: Examined, kind: str, base: str) -> None:
    code = f"from lolpop import *\nclass X({base}): pass\n"
    site.add("mine", f"[lolpop.{kind}s]\nX = mine:X\n", code)
    message = f"mine:X isn't a subclass of lolpop.{kind.capitalize()}"
    assert examined("X") == [serious(message, "change its base")]


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        (
            "class X:\n    def __init__(self): {}['a']\n",
            "extension 'X' of mine 1.0 can't be made: KeyError: 'a'",
            "lolpop calls its class without arguments",
        ),
        (
            "X = 7\n",
            "extension 'X' of mine 1.0 has no hooks",
            "mark its methods @hookimpl(wrapper=True)",
        ),
    ],
)
def test_what_is_wrong_with_an_extension_is_said(
    site: Any, examined: Examined, code: str, message: str, hint: str
) -> None:
    site.add("mine", "[lolpop.extensions]\nX = mine:X\n", code)
    assert examined("X") == [serious(message, hint)]


def test_no_requirement_of_the_core_is_a_warning(site: Any, doctor: Examine) -> None:
    site.orchestrator("pass", requires=None)
    message = "mine 1.0 doesn't say which lolpop-core it was made for"
    hint = "its author should declare lolpop-core with its major version, such as >=1,<2"
    assert doctor() == (0, [{"message": message, "hint": hint, "serious": False}])


def test_another_contract_version_is_not_imported(site: Any, doctor: Examine) -> None:
    site.orchestrator("import os; os._exit(9)", requires="lolpop-core>=2")
    message = f"{MINE} was made for lolpop-core>=2, this is lolpop-core 1.0.0"
    assert doctor() == (3, [serious(message, "pip install --upgrade mine lolpop-core")])


def test_the_command_says_what_is_wrong_and_what_to_do(site: Any, lolpop: Any) -> None:
    site.orchestrator("import time\ntime.sleep(60)", requires=None)
    done = lolpop("plugins", "doctor", "mine", "--timeout", "0.5")
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout == (
        "warning  MineOrchestrator (mine 1.0): mine 1.0 doesn't say which lolpop-core it was made"
        " for\n"
        "         hint: its author should declare lolpop-core with its major version, such as"
        " >=1,<2\n"
        "error    MineOrchestrator (mine 1.0): importing it takes longer than 0.5 s\n"
        "         hint: its code must do no work when it is imported\n"
    )


def test_the_commands_json_holds_all_that_was_found(site: Any, lolpop: Any) -> None:
    site.orchestrator("class Config: pass")
    done = lolpop("plugins", "doctor", "mine", "--output", "json")
    assert (done.returncode, done.stderr) == (3, "")
    hint = "write `class Config(lolpop.Config):`"
    assert json.loads(done.stdout) == {
        "environment": [],
        "plugins": [
            {
                "plugin": {
                    "kind": "orchestrator",
                    "name": "MineOrchestrator",
                    "target": "mine:MineOrchestrator",
                    "distribution": "mine",
                    "version": "1.0",
                    "requires": "<2,>=1",
                },
                "findings": [serious("its Config isn't a pydantic model", hint)],
                "healthy": False,
            }
        ],
    }


def test_an_unknown_name_gets_the_nearest(site: Any, lolpop: Any) -> None:
    done = lolpop("plugins", "doctor", "LocalOrchestrater")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        "error: no plugin 'LocalOrchestrater' is installed; installed: LocalOrchestrator\n"
        "hint: did you mean 'LocalOrchestrator'?\n"
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("airflow", "pip install lolpop-airflow"),
        ("zzz", "`lolpop plugins list` shows what is installed"),
    ],
)
def test_an_unknown_name_gets_a_hint(lolpop: Any, name: str, hint: str) -> None:
    done = lolpop("plugins", "doctor", name)
    assert done.stderr == (
        f"error: no plugin {name!r} is installed; installed: LocalOrchestrator\nhint: {hint}\n"
    )


def test_the_unrelated_distribution_is_a_finding(site: Any, lolpop: Any) -> None:
    site.add("lolpop", "", version="0.0.7")
    done = lolpop("plugins", "doctor")
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout == (
        "error    environment: the distribution lolpop 0.0.7 is installed too: it is another"
        " project with the same import name, and its files and those of lolpop-core overwrite"
        " each other\n"
        "         hint: pip uninstall -y lolpop && pip install --force-reinstall --no-deps"
        " lolpop-core\n"
        "ok       LocalOrchestrator (lolpop-core 1.0.0)\n"
    )


def test_metadata_that_cannot_be_read_is_a_warning(site: Any, lolpop: Any) -> None:
    site.add("broken", "[lolpop.orchestrators\nX = x:X\n")
    done = lolpop("plugins", "doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "warning  environment: the metadata can't be read of a distribution in"
        f" {site.folder}: ValueError: entry_points.txt has a section without an end:"
        " '[lolpop.orchestrators'\n"
        "         hint: install that distribution anew\n"
        "ok       LocalOrchestrator (lolpop-core 1.0.0)\n"
    )


def test_the_projects_own_files_do_not_shadow_anything(
    site: Any, doctor: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.orchestrator("pass")
    monkeypatch.chdir(tmp_path)
    for name in ("json", "lolpop", "mine"):
        Path(f"{name}.py").write_text("raise SystemExit(9)")
    assert doctor() == (0, [])


def test_the_list_imports_nothing_and_shows_the_states(site: Any, lolpop: Any) -> None:
    site.add("a", "[lolpop.orchestrators]\nXOrchestrator = a:X\n", "")
    site.add("b", "[lolpop.orchestrators]\nXOrchestrator = b:X\n", "")
    site.add("c", "[lolpop.components]\nC = c:X\n", "", requires="lolpop-core>=2")
    done = lolpop("plugins", "list", "--output", "json")
    assert (done.returncode, done.stderr) == (0, "")
    rows = {(row.pop("distribution"), *row.values()) for row in json.loads(done.stdout)}
    assert rows == {
        ("a", "XOrchestrator", "orchestrator", "1.0", "provided twice"),
        ("b", "XOrchestrator", "orchestrator", "1.0", "provided twice"),
        ("c", "C", "component", "1.0", "made for lolpop-core>=2"),
        ("lolpop-core", "LocalOrchestrator", "orchestrator", "1.0.0", "ok"),
    }
    assert not sys.modules.keys() & {"a", "b", "c"}


def test_the_list_is_a_table(lolpop: Any) -> None:
    assert lolpop("plugins", "list").stdout == (
        "name               kind          distribution  version  state\n"
        "LocalOrchestrator  orchestrator  lolpop-core   1.0.0    ok\n"
    )


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("1 / 0", "failed to import: ZeroDivisionError: division by zero"),
        (
            "class Config: pass",
            "can't be described: AttributeError: type object 'Config' has no attribute"
            " 'model_json_schema'",
        ),
    ],
)
def test_the_schema_leaves_broken_plugins_out(site: Any, lolpop: Any, code: str, why: str) -> None:
    site.orchestrator(code)
    done = lolpop("config", "schema")
    assert (done.returncode, done.stderr) == (0, f"warning: left out: {MINE} {why}\n")
    assert json.loads(done.stdout)["title"] == "lolpop configuration"
    assert "MineOrchestrator" not in done.stdout
    assert "LocalOrchestrator" in done.stdout


def test_the_schema_leaves_conflicts_out_once(site: Any, lolpop: Any) -> None:
    for name in ("a", "b"):
        site.add(name, f"[lolpop.orchestrators]\nXOrchestrator = {name}:X\n", "1 / 0")
    done = lolpop("config", "schema")
    assert done.stderr.count("\n") == 1
    start = "warning: left out: orchestrator 'XOrchestrator' is provided twice: by "
    assert done.stderr.startswith(start)
    assert json.loads(done.stdout)["title"] == "lolpop configuration"


def test_the_schema_knows_every_installed_orchestrator(site: Any, lolpop: Any) -> None:
    site.orchestrator("print('loaded')\nclass Config(Config):\n    pool: str")
    done = lolpop("config", "schema")
    assert done.stderr == "loaded\n"
    schema = json.loads(done.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    document = {"orchestrator": {"MineOrchestrator": {"config": {"pool": "x"}}}}
    jsonschema.validate(document, schema)
    document["orchestrator"]["MineOrchestrator"]["config"]["pol"] = "x"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)
