"""A packaged project whose one step does what a test asks for, and the command that runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from lolpop.contract import AttemptStatus, RunRef
from lolpop.execution.processes import lives
from lolpop.execution.request import Request, command
from lolpop.storage import Store
from lolpop.storage.records import RunRecord, Runs

WORKFLOW = '''
import os, random, resource, signal, subprocess, sys, threading, time
from pathlib import Path

import lolpop
import counting
from spaced import inner

counting.count += 1
inner.count += 1
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


class Tool(lolpop.Component):
    def use(self):
        return 1


class Work(lolpop.Pipeline):
    tool: Tool

    def do(self, how: str, witness: str):
        self.witness = Path(witness)
        told = Path(witness + ".how")  # what an attempt does, for parameters hold for the run
        return getattr(self, f"_{told.read_text() if told.exists() else how}")()

    def end(self, first, whole):
        return first, whole

    def _note(self, text):
        with self.witness.open("a") as file:
            file.write(f"{text}\\n")

    def _well(self):
        print("well done")
        self._note(f"worked with {self.tool.use()}")
        return [1, "x"], {"a": 2}

    def _raise(self):
        raise ValueError("it is\\nbroken")

    def _fatal(self):
        raise lolpop.Fatal("never again")

    def _exit(self):
        print("just before", flush=False)
        os._exit(3)

    def _usage(self):
        sys.stderr.write("40 %")
        sys.stderr.flush()
        os._exit(64)

    def _kill(self):
        print("just before")
        os.kill(os.getpid(), signal.SIGKILL)

    def _leave(self):
        sys.exit("bye")

    def _interrupt(self):
        raise KeyboardInterrupt

    def _memory(self):
        used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGESIZE")
        resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, used + 2**28))
        return bytearray(2**30)

    def _print(self):
        for number in range(20):
            print(f"{number:02}" + "x" * (2**20 - 3))

    def _long(self):
        raise ValueError("x" * 2**20)

    def _daemons(self):
        self._forked()
        quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        words = [sys.executable, "-c", STUBBORN]
        mine = subprocess.Popen(words, start_new_session=True, **quiet)
        bare = subprocess.Popen(words, start_new_session=True, env={}, **quiet)
        self._note(f"daemon {mine.pid}")
        self._note(f"daemon {bare.pid}")
        return "left"

    def _forked(self):
        """Fork twice without an exec: all that is open stays open."""
        self.witness.touch()
        if (child := os.fork()) == 0:
            os.setsid()
            if os.fork() == 0:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                self._note(f"daemon {os.getpid()}")
                time.sleep(600)
            os._exit(0)
        os.waitpid(child, 0)
        while "daemon" not in self.witness.read_text():
            time.sleep(0.01)

    def _forked_exit(self):
        self._forked()
        os._exit(3)

    def _sleep(self):
        self._note(f"daemon {subprocess.Popen([sys.executable, '-c', STUBBORN]).pid}")
        self._note(f"daemon {os.getpid()}")
        self._note("sleeping")
        time.sleep(600)

    def _secrets(self):
        for char in "s3cret-value":
            os.write(1, char.encode())
            time.sleep(0.01)
        print(" no secret: abc", os.environ["SHORT"], flush=True)
        print(repr(self.config.answer), file=sys.stderr)
        raise ValueError(f"refused {self.config.answer}")

    def _told(self):
        return self.config.answer, None

    def _counts(self):
        Path("left.txt").touch()
        return [counting.count, inner.count], sorted(os.listdir())

    def _traces(self):
        found = [os.environ.get("TRACE"), sys.path[0] == "trace", random.random()]
        os.environ["TRACE"] = "x"
        sys.path.insert(0, "trace")
        os.chdir("/")
        random.seed(1)
        sys.stdout = open(os.devnull, "w")
        return found, os.getpid()

    def _thread(self):
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
        return os.getpid(), None

    def _pid(self):
        print("here")
        return os.getpid(), os.environ.get("LOLPOP_ATTEMPT")


class Flow(lolpop.Runner):
    work: Work

    def run(self, how: str = "well", witness: str = ""):
        first, whole = self.work.do(how, witness)
        return self.work.end(first, whole)
'''
RECORDER = """
import lolpop
from lolpop.execution.asides import aside
from lolpop.orchestrator import Orchestrator


class Recorder(Orchestrator):
    class Config(lolpop.Config):
        file: str

    def decorate(self, func, instance):
        def noting(*args, **kwargs):
            with open(self.config.file, "a") as file:
                file.write(f"{type(instance).__name__}.{func.__name__} in {self.storage}\\n")
            aside(f"called: {func.__name__}")
            return func(*args, **kwargs)

        return noting
"""
CONFIG = """
runner: Flow
modules: [flow]
pipelines: {work: Work}
components: {tool: Tool}
config: {answer: "${env:LOLPOP_TEST_TOKEN:-none}", short: "${env:SHORT:-none}"}
"""


@dataclass
class Steps:
    """One run of the packaged project, and its step command.

    Attributes:
        storage: The storage, which has the package.
        package: Its digest.
        witness: A file that steps write to.
        started: The step commands that the test started.
    """

    storage: Path
    package: str
    witness: Path
    ref: RunRef = field(default_factory=lambda: RunRef("engine", "flow", uuid4().hex))
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def request(self, how: str = "well", step: str = "work.do", **changes: Any) -> Request:
        parameters = {"how": how, "witness": str(self.witness)}
        Path(f"{self.witness}.how").write_text(how)
        made = Request(
            storage=str(self.storage),
            package=self.package,
            ref=self.ref,
            step=step,
            parameters=parameters,
        )
        return replace(made, **changes)

    def start(self, how: str = "well", step: str = "work.do", **changes: Any) -> Any:
        """Start the step command; its parameters are on its standard input."""
        request = self.request(how, step, **changes)
        process = subprocess.Popen(
            command(request, sys.executable),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.started.append(process)
        assert process.stdin
        process.stdin.write(json.dumps(request.parameters).encode())
        process.stdin.close()
        process.stdin = None
        return process

    def call(self, how: str = "well", step: str = "work.do", **changes: Any) -> tuple[int, str]:
        """Run the step command; give its exit code and what it said to standard error."""
        process = self.start(how, step, **changes)
        _, said = process.communicate(timeout=120)
        return process.returncode, said.decode()

    @property
    def record(self) -> RunRecord:
        found = Runs(Store(str(self.storage))).find(self.ref)
        assert found
        return found

    def attempts(self, step: str = "work.do") -> list[AttemptStatus]:
        return [attempt.status() for attempt in self.record.attempts(step)]

    def log(self, number: int = 0) -> str:
        return self.record.attempts("work.do")[number].read_log().decode()

    @property
    def seen(self) -> list[str]:
        return self.witness.read_text().splitlines() if self.witness.exists() else []

    def daemons(self) -> list[int]:
        """Give the processes that steps noted down."""
        return [int(line.split()[1]) for line in self.seen if line.startswith("daemon ")]

    def living(self) -> list[int]:
        return [pid for pid in self.daemons() if lives(pid)]

    def wait_for(self, line: str) -> None:
        wait(lambda: line in self.seen)


def wait(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Package the project; give its folder and the package's digest."""
    folder = tmp_path_factory.mktemp("execution") / "project"
    (folder / "spaced").mkdir(parents=True)
    (folder / "flow.py").write_text(WORKFLOW)
    (folder / "recorder.py").write_text(RECORDER)
    for module in ("counting.py", "spaced/inner.py"):
        (folder / module).write_text("count = 0\n")
    (folder / "lolpop.yaml").write_text(CONFIG)
    script = Path(sys.executable).with_name("lolpop")
    done = subprocess.run(
        [script, "deployment", "package"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (package,) = (folder / ".lolpop" / "packages").glob("*.zip")
    return folder, package.stem


@pytest.fixture
def steps(packaged: tuple[Path, str], tmp_path: Path) -> Iterator[Steps]:
    """Give a run; whatever it left running is ended."""
    folder, package = packaged
    made = Steps(folder / ".lolpop", package, tmp_path / "witness.txt")
    yield made
    for process in made.started:
        process.kill()
        with process:
            process.wait()
    for pid in made.living():
        os.kill(pid, 9)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the attempt of nobody else in the environment."""
    for name in ("LOLPOP_ATTEMPT", "LOLPOP_WORKER"):
        monkeypatch.delenv(name, raising=False)
