"""A Dagster of its own: a webserver, and a daemon if asked for, on loopback, in a folder."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError

SCRIPTS = Path(sys.executable).parent
DEFAULT_COORDINATOR = {
    "run_coordinator": {"module": "dagster._core.run_coordinator", "class": "DefaultRunCoordinator"}
}
QUEUED_COORDINATOR: dict[str, Any] = {
    "run_coordinator": {
        "module": "dagster._core.run_coordinator",
        "class": "QueuedRunCoordinator",
        "config": {"dequeue_interval_seconds": 1},
    }
}
_ACTIVE = """
{ runsOrError(filter: {statuses: [QUEUED, STARTING, STARTED, CANCELING]}) {
  ... on Runs { results { runId } } } }
"""
_USERS = """
import dagster as dg

@dg.op
def greet():
    return 1

@dg.job
def the_users_own():
    greet()

defs = dg.Definitions(jobs=[the_users_own])
"""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class Engine:
    """A Dagster in a folder of its own, at a free port.

    Attributes:
        folder: An empty folder.
        port: The webserver's port.
        queued: Whether runs are queued, for a daemon.
        daemon: Whether the daemon is started.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    queued: bool = False
    daemon: bool = False
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def workspace(self) -> Path:
        """The file that is lolpop's."""
        return self.folder / "lolpop-workspace.yaml"

    @property
    def users(self) -> Path:
        """The file that is the user's."""
        return self.folder / "workspace.yaml"

    @property
    def config(self) -> Mapping[str, Any]:
        """What reaches this engine, as the YAML would say it."""
        return {"url": self.url, "workspace": str(self.workspace), "patience": 90}

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if "DAGSTER" not in key}
        return {**kept, "DAGSTER_HOME": str(self.home), "PATH": f"{SCRIPTS}:{os.environ['PATH']}"}

    @property
    def words(self) -> list[str]:
        """The workspace files, as Dagster's commands take them."""
        return ["-w", str(self.users), "-w", str(self.workspace)]

    def start(self) -> None:
        """Write what a user has, make lolpop's workspace file, and start all that is asked for."""
        self.home.mkdir(parents=True)
        settings = QUEUED_COORDINATOR if self.queued else DEFAULT_COORDINATOR
        settings = {**settings, "telemetry": {"enabled": False}, "nux": {"enabled": False}}
        (self.home / "dagster.yaml").write_text(json.dumps(settings), "utf-8")
        (self.folder / "own.py").write_text(_USERS, "utf-8")
        entry = {"python_file": {"relative_path": "own.py", "location_name": "own"}}
        self.users.write_text(f"# mine\nload_from:\n  - {json.dumps(entry)}\n", "utf-8")
        made = subprocess.run(
            [sys.executable, "-m", "lolpop_dagster", str(self.workspace)],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        self.start_webserver()
        if self.daemon:
            self.start_daemon()

    def start_webserver(self, *words: str) -> None:
        address = ["-h", "127.0.0.1", "-p", str(self.port)]
        self._start("webserver", "dagster-webserver", *self.words, *address, *words)
        self._wait("webserver", self.answers)

    @contextmanager
    def another_webserver(self, *words: str) -> Iterator[str]:
        """Start one more on the same instance, with further words; give its URL."""
        made = Engine(self.folder, queued=self.queued)
        try:
            made.start_webserver(*words)
            yield made.url
        finally:
            made.close()

    def start_daemon(self) -> None:
        self._start("daemon", "dagster-daemon", "run", *self.words)
        self._wait("daemon", self.is_healthy)

    def _start(self, name: str, program: str, *words: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [str(SCRIPTS / program), *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                cwd=self.folder,
            )

    def _wait(self, name: str, ready: Any) -> None:
        deadline = time.monotonic() + 120
        while not ready():
            assert self.processes[name].poll() is None, self.log(name)
            assert time.monotonic() < deadline, self.log(name)
            time.sleep(0.2)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/server_info", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def is_healthy(self) -> bool:
        kinds = "instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } }"
        found = self.ask("{ " + kinds + " }")["instance"]["daemonHealth"]["allDaemonStatuses"]
        wanted = {"SCHEDULER"} | ({"QUEUED_RUN_COORDINATOR"} if self.queued else set())
        return wanted <= {each["daemonType"] for each in found if each["healthy"]}

    def wait_until_idle(self) -> None:
        """Wait until no run is active."""
        while self.ask(_ACTIVE)["runsOrError"]["results"]:
            time.sleep(0.2)

    def ask(self, query: str, **variables: Any) -> Any:
        """Ask the webserver without the plugin."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"Content-Type": "application/json"}
        asked = urllib.request.Request(f"{self.url}/graphql", body, headers)
        with urllib.request.urlopen(asked, timeout=90) as answer:
            found = json.load(answer)
        assert "errors" not in found, found["errors"]
        return found["data"]

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")[-4000:]

    def stop(self, name: str) -> None:
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self) -> None:
        """End all that was started."""
        for name in [*self.processes][::-1]:
            self.stop(name)
