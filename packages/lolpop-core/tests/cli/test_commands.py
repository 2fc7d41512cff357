"""The tree of commands: help, options in both spellings, usage errors, output."""

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

import click
import pytest
from click.testing import CliRunner

import lolpop
from lolpop import cli
from lolpop.cli.app import LazyGroup, root, run
from lolpop.cli.failures import BUG, INTERRUPTED
from lolpop.errors import LolpopError

ROOT_HELP = """\
Usage: lolpop [OPTIONS] COMMAND [ARGS]...

  Write a workflow once in plain Python, and name its orchestrator in YAML.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
"""


def commands(group: LazyGroup = root, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, LazyGroup):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


every_command = pytest.mark.parametrize("path", list(commands()), ids=" ".join)
KINDS = [LolpopError, *LolpopError.__subclasses__()]


def help_of(path: tuple[str, ...]) -> str:
    done = CliRunner().invoke(root, [*path, "--help"], prog_name="lolpop", terminal_width=80)
    assert done.exit_code == 0
    return done.output


@every_command
def test_every_help_has_an_example_of_the_command(path: tuple[str, ...]) -> None:
    text = help_of(path)
    assert re.search(rf"Example: .*lolpop {' '.join(path)}", text)
    assert text.startswith(f"Usage: lolpop {' '.join(path)} [OPTIONS]")


@every_command
def test_the_summary_in_the_list_is_the_commands_first_line(path: tuple[str, ...]) -> None:
    group = help_of(path[:-1])
    listed = re.sub(r"\s+", " ", group.partition("Commands:")[2])
    first = re.sub(r"\s+", " ", help_of(path)).partition(" [OPTIONS]")[2]
    summary = listed.partition(f" {path[-1]} ")[2].partition(".")[0]
    verb = summary.split()[0]
    assert verb in first


def test_the_command_alone_shows_its_help(lolpop: Any) -> None:
    done = lolpop()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(ROOT_HELP)


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_goes_to_standard_output(lolpop: Any, option: str) -> None:
    done = lolpop(option)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(ROOT_HELP)


def test_every_exit_code_is_documented(inside: Any) -> None:
    text = " ".join(inside("--help").stdout.split())
    assert text.endswith(
        "Exit codes: 0 done, 1 the workflow failed, 2 usage or configuration, 3 plugin, 4 engine,"
        " 5 not all stopped, 70 a bug in lolpop, 130 interrupted."
    )
    used = {kind.exit_code for kind in KINDS} | {0, BUG, INTERRUPTED}
    assert used == {int(code) for code in re.findall(r"(\d+) ", text.partition("codes: ")[2])}


def test_the_module_is_the_command(lolpop: Any, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lolpop", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout == lolpop("--version").stdout == "lolpop 1.0.0\n"
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("words", "message", "see"),
    [
        ("confg", "no command 'confg': did you mean 'config'?", ""),
        (
            "zzz",
            "no command 'zzz': there is init, create, run, graph, config, deployment, runs,"
            " storage, plugins, check, completion",
            "",
        ),
        ("config chek", "no command 'chek': did you mean 'check'?", " config"),
        ("--bogus", "no option '--bogus'", ""),
        ("--verson", "no option '--verson': did you mean '--version'?", ""),
        (
            "run workflow --build-arg x",
            "no option '--build-arg': did you mean '--build-args'?",
            " run workflow",
        ),
        ("run workflow -x", "no option '-x'", " run workflow"),
        (
            "run workflow --output xml",
            "invalid value for '--output': 'xml' is not one of 'text', 'json'",
            " run workflow",
        ),
        ("run workflow A B", "got unexpected extra argument (B)", " run workflow"),
        (
            "plugins doctor --timeout 0",
            "invalid value for '--timeout': 0.0 is not in the range x>=0.1",
            " plugins doctor",
        ),
    ],
)
def test_usage_errors_name_the_nearest(
    capsys: pytest.CaptureFixture[str], words: str, message: str, see: str
) -> None:
    assert run(words.split()) == 2
    assert capsys.readouterr() == ("", f"error: {message}\nhint: see `lolpop{see} --help`\n")


@pytest.mark.parametrize("spelling", [["--output", "json"], ["--output=json"]])
def test_a_usage_error_is_json_where_json_is_asked_for(inside: Any, spelling: list[str]) -> None:
    done = inside("run", "workflow", *spelling, "--bogus")
    assert (done.returncode, done.stderr) == (2, "")
    assert json.loads(done.stdout) == {
        "error": {
            "type": "UsageError",
            "message": "no option '--bogus'",
            "hint": "see `lolpop run workflow --help`",
        },
        "exit_code": 2,
    }


@every_command
def test_every_long_option_has_both_spellings(path: tuple[str, ...]) -> None:
    command: click.Command = root
    for name in path:
        assert isinstance(command, LazyGroup)
        found = command.get_command(click.Context(command), name)
        assert found is not None
        command = found
    for option in command.params:
        for name in option.opts:
            if name.startswith("--"):
                assert help_of((*path, name.replace("-", "_").replace("__", "--", 1), "--help"))


def test_values_are_not_changed_by_the_spellings(lolpop: Any, project: Any) -> None:
    folder = project(
        "def build_all(self, first_word, second_word):\n    return [first_word, second_word, X_Y]",
        before="X_Y = 'a_b'",
    )
    (folder / "flow.py").rename(folder / "my_flow.py")
    (folder / "lolpop.yaml").write_text("{}")
    words = ["--build_args", "a_b", "--build_kwargs", '{"second_word": "c_d"}']
    done = lolpop("run", "workflow", "MyRunner", "--local_file=my_flow.py", *words, "--output=json")
    assert json.loads(done.stdout)["result"] == ["a_b", "c_d", "a_b"]
    done = lolpop("run", "workflow", "MyRunner", "-lmy_flow.py", "-ebuild_al")
    assert "build_al" in done.stderr
    assert "did you mean 'build_all'?" in done.stderr


def test_a_set_value_keeps_its_underscores(inside: Any, project: Any) -> None:
    project("def run(self): ...")
    done = inside("config", "show", "--set", "config.a_b=c_d")
    assert done.stdout == "runner: MyRunner\nmodules:\n- flow\nconfig:\n  a_b: c_d\n"


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1", "COLUMNS": "20"}, {"FORCE_COLOR": "1"}])
def test_tables_do_not_depend_on_the_terminal(inside: Any, environment: dict[str, str]) -> None:
    assert inside("plugins", "list", **environment).stdout == (
        "name               kind          distribution  version  state\n"
        "LocalOrchestrator  orchestrator  lolpop-core   1.0.0    ok\n"
    )


ASCII = [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}]


@pytest.mark.parametrize("environment", ASCII)
def test_other_alphabets_do_not_crash_a_poor_terminal(
    lolpop: Any, project: Any, environment: dict[str, str]
) -> None:
    project("def run(self):\n    print('größe')\n    raise ValueError('größe')")
    done = lolpop("run", "workflow", **environment)
    assert (done.returncode, bool(done.stdout)) == (1, True)
    assert "a bug in lolpop" not in done.stderr


def test_json_is_the_same_in_a_poor_terminal(lolpop: Any, project: Any) -> None:
    project("def run(self): ...", yaml="config: {größe: ü}")
    done = lolpop("config", "show", "--output", "json", PYTHONIOENCODING="ascii")
    assert json.loads(done.stdout)["config"]["config"] == {"größe": "ü"}


@pytest.mark.parametrize("command", ["config show", "--help", "run workflow", "plugins list"])
def test_a_reader_that_leaves_is_no_error(script: Path, project: Any, command: str) -> None:
    folder = project("def run(self): ...")
    line = f"set -o pipefail; {{ sleep 0.2; {script} {command}; }} | true"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")


def test_windows_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 2
    message = "error: lolpop doesn't run on Windows\nhint: use it under WSL\n"
    assert capsys.readouterr() == ("", message)


def test_main_takes_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, "lolpop 1.0.0\n")


COMPLETE = """
eval "$({script} completion bash)"
COMP_WORDS=({words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_lolpop_completion lolpop
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("lolpop con", ["config"]),
        ("lolpop ''", ["init", "run", "config", "plugins", "completion"]),
        ("lolpop config s", ["show", "schema"]),
        ("lolpop run workflow --build-", ["--build-method", "--build-args", "--build-kwargs"]),
        ("lolpop zzz con", [""]),
    ],
)
def test_bash_completes(script: Path, tmp_path: Path, words: str, completed: list[str]) -> None:
    code = COMPLETE.format(script=script, words=words)
    environment = {**os.environ, "PATH": f"{script.parent}:{os.environ['PATH']}"}
    command = ["bash", "--norc", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert done.stderr == ""
    assert set(done.stdout.splitlines()) >= set(completed) - {""}
    assert words != "lolpop con" or done.stdout == "config\n"


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "complete -o nosort -F _lolpop_completion lolpop"),
        ("zsh", "#compdef lolpop"),
        ("fish", "complete --no-files --command lolpop"),
    ],
)
def test_each_shell_has_its_script(inside: Any, shell: str, line: str) -> None:
    done = inside("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert line in done.stdout
    as_json = inside("completion", shell, "--output", "json").stdout
    assert json.loads(as_json) == {"shell": shell, "script": done.stdout.removesuffix("\n")}


def test_a_core_that_another_distribution_overwrote_says_so(tmp_path: Path) -> None:
    core = Path(lolpop.__file__).parent
    shutil.copytree(core, tmp_path / "lolpop", ignore=shutil.ignore_patterns("__pycache__"))
    overwritten = tmp_path / "lolpop" / "cli" / "__init__.py"
    overwritten.write_text("__path__ = []\n")
    done = subprocess.run(
        [sys.executable, "-m", "lolpop", "--help"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: lolpop-core is damaged: cannot import name 'main' from 'lolpop.cli'"
        f" ({overwritten})\n"
        "hint: pip uninstall -y lolpop && pip install --force-reinstall --no-deps lolpop-core\n"
    )
