"""`lolpop run workflow`: its options, results, errors and exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

from lolpop.cli.values import plain

GREET = "def run(self, name: str = 'you', times: int = 1):\n    print(f'hello {name}' * times)"


def test_what_the_workflow_prints_and_logs_is_seen(lolpop: Any, project: Any) -> None:
    project(
        "def run(self):\n    logging.getLogger('mine').info('seen')\n"
        "    logging.getLogger('mine').debug('hidden')\n    print('printed')",
        before="import logging",
    )
    done = lolpop("run", "workflow")
    assert done.returncode == 0
    assert re.fullmatch(r"printed\ndone: MyRunner.run in \d\.\d\d s\n", done.stdout)
    assert re.fullmatch(r"\d\d:\d\d:\d\d INFO mine: seen\n", done.stderr)
    assert "DEBUG mine: hidden\n" in lolpop("run", "workflow", "-v").stderr


def test_files_overlay_and_set_wins(inside: Any, project: Any) -> None:
    folder = project(
        "def run(self):\n    return [self.config.a, self.config.b, self.config.c]",
        yaml="config: {a: 1, b: 1, c: 1}",
    )
    (folder / "more.yaml").write_text("config: {b: 2, c: 2}")
    words = ["-c", "lolpop.yaml", "--config", "more.yaml", "--set", "config.c=3", "--output=json"]
    assert json.loads(inside("run", "workflow", *words).stdout)["result"] == [1, 2, 3]


@pytest.mark.parametrize("option", ["-e", "--entrypoint", "-b", "--build-method", "--build_method"])
def test_the_method_can_be_named(inside: Any, project: Any, option: str) -> None:
    project("def run(self): ...\ndef other(self):\n    print('other')")
    assert inside("run", "workflow", option, "other").stdout.startswith(
        "other\ndone: MyRunner.other"
    )


def test_arguments_are_repeated_and_typed(inside: Any, project: Any) -> None:
    project("def run(self, first: str, second: int, last: list):\n    return [first, second, last]")
    words = ["--build-args", "a b", "--build-args", "2", "--build-kwargs", '{"last": [1]}']
    done = inside("run", "workflow", "--output", "json", *words)
    assert json.loads(done.stdout)["result"] == ["a b", 2, [1]]


def test_parameters_are_read_by_their_types(inside: Any, project: Any) -> None:
    project("def run(self, text: str, number: int, **more):\n    return [text, number, more]")
    words = ["--param", "text=7", "--param", "number=7", "--param", "other=a=b"]
    done = inside("run", "workflow", "--output", "json", *words)
    assert json.loads(done.stdout)["result"] == ["7", 7, {"other": "a=b"}]
    done = inside("run", "workflow", "--param", "text", "--param", "number=x")
    assert done.stderr == "error: 'text' isn't of the form K=V\nhint: for example --param seed=7\n"
    done = inside("run", "workflow", "--param", "text=7", "--param", "number=x")
    assert (done.returncode, done.stderr) == (
        2,
        "error: argument 'number' of MyRunner.run: input should be a valid integer, got 'x'\n",
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            "{",
            "--build-kwargs:1:2: not YAML: while parsing a flow node, expected the node content,"
            " but found '<stream end>'",
        ),
        ("[1]", "--build-kwargs must be a JSON object, got '[1]'"),
        ("null", "--build-kwargs must be a JSON object, got 'null'"),
    ],
)
def test_keywords_that_are_no_object_are_refused(
    inside: Any, project: Any, given: str, message: str
) -> None:
    project(GREET)
    done = inside("run", "workflow", "--build-kwargs", given)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: {message}\nhint: for example --build-kwargs '{{\"seed\": 7}}'\n"
    )


@pytest.mark.parametrize("given", ['{"name": "b"}', "{name: b}", "name: b", "{name: 'b'}"])
def test_keywords_may_be_a_mapping_as_yaml_has_it(inside: Any, project: Any, given: str) -> None:
    project("def run(self, name: str):\n    return name")
    done = inside("run", "workflow", "--build-kwargs", given, "--output", "json")
    assert json.loads(done.stdout)["result"] == "b"


def test_keywords_without_their_quotes_are_refused_with_what_to_write(
    inside: Any, project: Any
) -> None:
    project("def run(self, seed: int):\n    return seed")
    assert inside("run", "workflow", "--build-kwargs", "{seed:7}").stderr == (
        "error: --build-kwargs: 'seed:7' has no value\n"
        "hint: put it in quotes, with a space after the colon: --build-kwargs '{seed: 7}'\n"
    )


def test_skipping_the_validation_lets_an_unknown_key_pass(inside: Any, project: Any) -> None:
    project(f"class Config(Config): ...\n{GREET}", yaml="config: {zzz: 1}")
    assert inside("run", "workflow").returncode == 2
    assert inside("run", "workflow", "--skip_validation").returncode == 0


def test_the_class_of_the_command_line_wins(lolpop: Any, project: Any) -> None:
    project(GREET)
    body = "class Other(Runner):\n    def run(self):\n        print('other')"
    Path("other_file.py").write_text(f"from lolpop import Runner\n{body}")
    assert lolpop("run", "workflow", "Other", "-l", "other_file.py").stdout.startswith("other\n")
    assert lolpop("run", "workflow", "other_file:Other").stdout.startswith("other\n")


FAILING = "def run(self):\n    self.go()\n\ndef go(self):\n    {}['größe']"


def test_the_users_frames_are_shown_and_not_ours(inside: Any, project: Any) -> None:
    folder = project(FAILING)
    done = inside("run", "workflow")
    assert (done.returncode, done.stdout) == (1, "")
    files = re.findall(r'File "(.*)", line (\d+)', done.stderr)
    assert files == [(f"{folder}/flow.py", "6"), (f"{folder}/flow.py", "9")]
    assert done.stderr.endswith("\nerror: MyRunner.run failed: KeyError: 'größe'\n")


def test_the_verbose_traceback_has_all_frames(inside: Any, project: Any) -> None:
    project(FAILING)
    done = inside("run", "workflow", "-v")
    assert "/lolpop/workflow/running.py" in done.stderr
    assert done.stderr.endswith("\nerror: MyRunner.run failed: KeyError: 'größe'\n")


ASYNC = "async def run(self):\n    raise ValueError('x')"
CHAINED = """\
def run(self):
    try:
        {}['a']
    except KeyError as error:
        raise ValueError('x') from error
"""
GROUP = """\
def run(self):
    try:
        {}['a']
    except KeyError as error:
        raise ExceptionGroup('x', [error, ValueError('y')])
"""


@pytest.mark.parametrize(
    ("body", "error", "shown"),
    [
        (ASYNC, "ValueError: x", ["ValueError: x"]),
        (CHAINED, "ValueError: x", ["KeyError: 'a'", "direct cause", "ValueError: x"]),
        (GROUP, "ExceptionGroup: x (2 sub-exceptions)", ["KeyError: 'a'", "ValueError: y"]),
        ("def run(self):\n    raise SystemExit(0)", "SystemExit: 0", []),
        ("def run(self):\n    raise Fatal('no data')", "Fatal: no data", ["no data"]),
        ("def run(self):\n    raise OSError(32, 'gone')", "BrokenPipeError: [Errno 32] gone", []),
    ],
)
def test_every_kind_of_failure_is_shown(
    inside: Any, project: Any, body: str, error: str, shown: list[str]
) -> None:
    folder = project(body)
    done = inside("run", "workflow")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(f"error: MyRunner.run failed: {error}\n")
    assert set(re.findall(r'File "(.*)", line', done.stderr)) == {f"{folder}/flow.py"}
    assert all(text in done.stderr for text in shown)


def test_a_decorated_failure_shows_the_users_frames_alone(inside: Any, project: Any) -> None:
    before = (
        "class Timer(Component):\n"
        "    def decorator(self, func, instance):\n"
        "        return lambda *args, **kwargs: func(*args, **kwargs)\n"
    )
    folder = project(FAILING, before, "decorators: {timer: Timer}")
    done = inside("run", "workflow")
    assert set(re.findall(r'File "(.*)", line', done.stderr)) == {f"{folder}/flow.py"}


def test_a_failure_is_one_json_document(lolpop: Any, project: Any) -> None:
    project("def run(self):\n    print('noise')\n    raise ValueError('x')")
    done = lolpop("run", "workflow", "--output", "json")
    assert done.returncode == 1
    message = "MyRunner.run failed: ValueError: x"
    assert json.loads(done.stdout) == {
        "error": {"type": "WorkflowError", "message": message, "hint": None},
        "exit_code": 1,
    }
    assert "noise" in done.stderr


NOISE = "import os, subprocess, sys; print('at import')"


def test_output_from_everywhere_leaves_the_json_alone(lolpop: Any, project: Any) -> None:
    project(
        "def run(self):\n"
        "    print('printed')\n"
        "    os.write(1, b'written\\n')\n"
        "    subprocess.run(['echo', 'echoed'])\n"
        "    subprocess.Popen(['sh', '-c', 'sleep 0.2; echo late'])\n"
        "    return 1",
        before=NOISE,
    )
    done = lolpop("run", "workflow", "--output", "json")
    answer = json.loads(done.stdout)
    assert answer.pop("seconds") >= 0
    assert answer == {"status": "succeeded", "workflow": "MyRunner.run", "result": 1}
    assert set(done.stderr.split("\n")) >= {"at import", "printed", "written", "echoed"}


@pytest.mark.parametrize("command", ["check", "show", "schema"])
def test_imports_that_print_leave_the_json_alone(inside: Any, project: Any, command: str) -> None:
    project("def run(self): ...", before=NOISE)
    done = inside("config", command, "--output", "json")
    assert done.returncode == 0
    assert isinstance(json.loads(done.stdout), dict)


def test_a_result_may_be_anything(inside: Any, project: Any) -> None:
    project(
        "def run(self):\n    return [float('nan'), Path('a/b'), {1: (2, 'größe')}, '\\udcff']",
        "from pathlib import Path",
    )
    done = inside("run", "workflow", "--output", "json")
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout, parse_constant=pytest.fail)
    assert answer["result"] == ["nan", "a/b", {"1": [2, "größe"]}, "\udcff"]


class Unspeakable:
    def __str__(self) -> str:
        raise ValueError("x")


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    ("value", "held"),
    [
        (None, None),
        ({"a": (1, 2.5, True)}, {"a": [1, 2.5, True]}),
        ([float("inf"), -float("inf")], ["inf", "-inf"]),
        ({(1, 2): 3, 4: 5, None: 6}, {"(1, 2)": 3, "4": 5, "None": 6}),
        ({"x"}, "{'x'}"),
        (b"x", "b'x'"),
        (CIRCLE, "[[...]]"),
    ],
)
def test_what_json_lacks_is_written_as_text(value: Any, held: Any) -> None:
    assert plain(value) == held


def test_a_value_without_text_is_named_by_its_type() -> None:
    assert re.fullmatch(r"<\S*Unspeakable object at 0x\w+>", plain(Unspeakable()))


def test_numbers_of_numpy_are_numbers() -> None:
    values = [numpy.float64(2), numpy.int8(3), numpy.bool_(True), numpy.float32("nan")]
    assert plain([*values, numpy.arange(2)]) == [2, 3, True, "nan", "[0 1]"]
    assert plain(values[2]) is True


def test_a_frame_is_written_as_it_is_printed() -> None:
    assert plain(pandas.DataFrame({"a": [1]})) == "   a\n0  1"


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let what is started notice an interrupt, though what started the tests may not."""
    kept = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, kept)


@pytest.mark.usefixtures("interruptible")
def test_interrupting_ends_with_130(project: Any, script: Path) -> None:
    # A signal just before a sleep begins is noticed after it: many short ones, not a long one.
    folder = project(
        "def run(self):\n    open('started', 'w').close()\n"
        "    for _ in range(1200):\n        time.sleep(0.05)",
        "import time",
    )
    for extra, stdout, stderr in (
        ([], "", "error: interrupted\n"),
        (["--output", "json"], "{", ""),
    ):
        (folder / "started").unlink(missing_ok=True)
        child = subprocess.Popen(
            [script, "run", "workflow", *extra],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        while not (folder / "started").exists() and child.poll() is None:
            time.sleep(0.02)
        os.kill(child.pid, signal.SIGINT)
        said = child.communicate(timeout=30)
        assert child.returncode == 130
        assert (said[0][:1], said[1]) == (stdout, stderr)
    assert json.loads(said[0]) == {
        "error": {"type": "Interrupted", "message": "interrupted", "hint": None},
        "exit_code": 130,
    }


def test_a_bug_of_ours_ends_with_70(project: Any) -> None:
    folder = project(GREET)
    code = (
        "import lolpop.inprocess, lolpop.cli; lolpop.inprocess.prepared = lambda *_: 1 / 0;"
        " lolpop.cli.main(['run', 'workflow'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder)
    assert (done.returncode, done.stdout) == (70, "")
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert done.stderr.endswith(
        "\nerror: a bug in lolpop: ZeroDivisionError: division by zero\n"
        "hint: please report it with the traceback above\n"
    )


def test_a_bug_beside_the_unrelated_distribution_says_so(project: Any) -> None:
    folder = project(GREET)
    info = folder / "lolpop-0.0.7.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: lolpop\nVersion: 0.0.7\n")
    code = (
        "import lolpop.inprocess, lolpop.cli; lolpop.inprocess.prepared = lambda *_: 1 / 0;"
        " lolpop.cli.main(['run', 'workflow'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder)
    assert done.stderr.endswith(
        "\nhint: the unrelated distribution lolpop 0.0.7 overwrites ours: pip uninstall -y lolpop"
        " && pip install --force-reinstall --no-deps lolpop-core\n"
    )


@pytest.mark.parametrize(
    ("body", "before", "hint"),
    [
        ("def run(self): 1 / 0", "", ""),
        ("def run(self): ...", "from lolpop import Nothing", ""),
        ("def run(self): self.config.x", "", "set config.x in the configuration; "),
    ],
)
def test_an_error_beside_the_unrelated_distribution_says_so(
    lolpop: Any, project: Any, body: str, before: str, hint: str
) -> None:
    folder = project(body, before=before)
    info = folder / "lolpop-0.0.7.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: lolpop\nVersion: 0.0.7\n")
    done = lolpop("run", "workflow", PYTHONPATH=str(folder))
    assert done.stderr.endswith(
        f"\nhint: {hint}the unrelated distribution lolpop 0.0.7 overwrites ours:"
        " pip uninstall -y lolpop && pip install --force-reinstall --no-deps lolpop-core\n"
    )


def test_a_plugin_that_is_missing_ends_with_3(inside: Any, project: Any) -> None:
    project(GREET, yaml="decorators: {orchestrator: dagster}")
    done = inside("run", "workflow", "--output", "json")
    assert (done.returncode, done.stderr) == (3, "")
    assert json.loads(done.stdout) == {
        "error": {
            "type": "PluginNotInstalledError",
            "message": "orchestrator 'dagster' isn't installed; installed: LocalOrchestrator",
            "hint": "pip install lolpop-dagster",
            "plugin": "dagster",
            "distribution": None,
            "place": "lolpop.yaml:3:28",
        },
        "exit_code": 3,
    }
    assert inside("run", "workflow").stderr == (
        "error: lolpop.yaml:3:28: orchestrator 'dagster' isn't installed;"
        " installed: LocalOrchestrator\nhint: pip install lolpop-dagster\n"
    )


@pytest.mark.parametrize("name", ["LocalOrchestrator", "local"])
def test_the_local_orchestrator_leaves_the_workflow_as_it_is(
    inside: Any, project: Any, name: str
) -> None:
    project(GREET, yaml=f"decorators: {{orchestrator: {name}}}")
    assert inside("run", "workflow").stdout.startswith("hello you\ndone: MyRunner.run")


DECORATORS = """
class Raising(Component):
    def decorator(self, func, instance):
        def wrapped(*args):
            raise ValueError("no")  # here
        return wrapped
class Early(Component):
    def decorator(self, func, instance):
        raise ValueError("no")  # here
class Missing(Component):
    def decorator(self, func, instance):
        return self.config.colour  # here
class Chained(Component):
    def decorator(self, func, instance):
        def wrapped(*args):
            try:
                return func(*args, 1, 2)
            except TypeError as error:
                raise ValueError("no") from error  # here
        return wrapped
class Own(Orchestrator):
    def decorator(self, func, instance):
        raise ValueError("no")  # here
class Broken(Pipeline):
    def work(self):
        return 1 / 0  # here
class Around(Component):
    def decorator(self, func, instance):
        return lambda *args: func(*args)
"""


@pytest.mark.parametrize("name", ["Raising", "Early", "Missing", "Chained", "Own", "Around"])
def test_a_traceback_ends_where_a_decorators_code_fails(
    inside: Any, project: Any, name: str
) -> None:
    kind = "orchestrator" if name == "Own" else "timing"
    folder = project(
        "broken: Broken\ndef run(self):\n    return self.broken.work()",
        before=DECORATORS,
        yaml=f"pipelines: {{broken: Broken}}\ndecorators: {{{kind}: {name}}}",
    )
    done = inside("run", "workflow")
    frames = [line for line in done.stderr.splitlines() if line.startswith("  File ")]
    assert frames
    assert all(str(folder) in frame for frame in frames)
    lines = (folder / "flow.py").read_text().splitlines()
    last = int(frames[-1].partition(", line ")[2].partition(",")[0])
    assert lines[last - 1].endswith("# here")


@pytest.mark.parametrize(
    ("body", "line", "error", "hint"),
    [
        (
            "def decorator(self, func): ...",
            3,
            "decorator 'timing' failed for MyRunner.run: TypeError: Odd.decorator() takes 2"
            " positional arguments but 3 were given",
            "it is called with a bound method and the object that the method belongs to;"
            " it stands in",
        ),
        (
            "def decorator(self, func, instance):\n        return lambda: func()",
            4,
            "MyRunner.run failed: TypeError: Odd.decorator.<locals>.<lambda>() takes 0 positional"
            " arguments but 1 was given",
            "what was called stands in",
        ),
    ],
)
def test_what_cannot_be_called_so_is_said_with_its_place(
    inside: Any, project: Any, body: str, line: int, error: str, hint: str
) -> None:
    before = f"class Odd(Component):\n    {body}"
    yaml = "decorators: {timing: Odd}"
    folder = project("def run(self, seed=1): ...", before=before, yaml=yaml)
    done = inside("run", "workflow", "--build-args", "1")
    assert done.stderr == f"error: {error}\nhint: {hint} {folder / 'flow.py'}:{line}\n"
