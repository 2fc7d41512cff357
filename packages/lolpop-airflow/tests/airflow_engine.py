"""An Airflow of its own: api-server, scheduler and dag-processor, on loopback, in a folder."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import psutil

PYTHON = os.environ.get("LOLPOP_AIRFLOW_PYTHON", "")
"""The Python that has Airflow; nothing of lolpop is in there."""

OLDEST = os.environ.get("LOLPOP_AIRFLOW_OLDEST_PYTHON", "")
"""The Python that has the oldest Airflow that generated files are for."""

USER, GUEST, PASSWORD = "lab", "guest", "a password"
NAMES = ("api-server", "scheduler", "dag-processor")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class Engine:
    """An Airflow in a folder of its own, at a free port.

    Attributes:
        folder: An empty folder.
        port: The api-server's port.
        python: The Python that has Airflow.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    python: str = PYTHON
    secrets: tuple[str, str] = field(default_factory=lambda: (secrets.token_hex(32),) * 2)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def dags(self) -> Path:
        return self.folder / "dags"

    @property
    def config(self) -> Mapping[str, Any]:
        """What reaches this engine, as the YAML would say it."""
        return {
            "api_url": self.url,
            "username": USER,
            "password": PASSWORD,
            "dags_folder": str(self.dags),
            "patience": 90,
        }

    @property
    def environment(self) -> dict[str, str]:
        settings = {
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__DAGS_FOLDER": str(self.dags),
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__PARALLELISM": "4",
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "CORE__FERNET_KEY": "",
            "CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
            "CORE__MIN_SERIALIZED_DAG_FETCH_INTERVAL": "0",
            "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin,{GUEST}:viewer",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.folder / "passwords.json"),
            "API__HOST": "127.0.0.1",
            "API__PORT": str(self.port),
            "API__BASE_URL": self.url,
            "API__WORKERS": "1",
            "API__SECRET_KEY": self.secrets[0],
            "API_AUTH__JWT_SECRET": self.secrets[1],
            "DAG_PROCESSOR__REFRESH_INTERVAL": "2",
            "DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
            "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
            "DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
            "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
        }
        kept = ("PYTHON", "AIRFLOW", "LOLPOP")
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith(kept)},
            **{f"AIRFLOW__{key}": value for key, value in settings.items()},
            "AIRFLOW_HOME": str(self.folder),
            "PATH": f"{Path(self.python).parent}:{os.environ['PATH']}",
        }

    def start(self) -> None:
        """Make the database, and start all three."""
        assert self.python, "LOLPOP_AIRFLOW_PYTHON must name the Python that has Airflow 3"
        self.dags.mkdir(parents=True)
        passwords = {USER: PASSWORD, GUEST: PASSWORD}
        (self.folder / "passwords.json").write_text(json.dumps(passwords), "utf-8")
        done = subprocess.run(
            [self.python, "-m", "airflow", "db", "migrate"],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        for name in NAMES:
            self.start_one(name)
        self.wait(lambda: self.health("scheduler") == self.health("dag_processor") == "healthy")

    def start_one(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [self.python, "-m", "airflow", name],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                cwd=self.folder,
                start_new_session=True,
            )

    def wait(self, ready: Any) -> None:
        deadline = time.monotonic() + 180
        while not ready():
            for name, process in self.processes.items():
                assert process.poll() is None, self.log(name)
            assert time.monotonic() < deadline, "".join(map(self.log, self.processes))
            time.sleep(0.2)

    def health(self, part: str) -> str | None:
        try:
            with urllib.request.urlopen(f"{self.url}/api/v2/monitor/health", timeout=5) as answer:
                found: dict[str, Any] = json.load(answer)
        except (URLError, OSError):
            return None
        return str(found[part]["status"])

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")[-4000:]

    def stop(self, name: str) -> None:
        """End one of the three, with all that it started: tasks have groups of their own."""
        process = self.processes.pop(name)
        try:
            below = psutil.Process(process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            below = []
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _, alive = psutil.wait_procs(below, timeout=1)
        for each in alive:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        _, alive = psutil.wait_procs(alive, timeout=10)
        assert not alive, alive

    def close(self) -> None:
        """End all that was started."""
        for name in [*self.processes][::-1]:
            self.stop(name)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask Airflow's API without the plugin; None if it doesn't have that."""
        token = self._send("POST", "/auth/token", {"username": USER, "password": PASSWORD})
        try:
            return self._send(method, f"/api/v2{path}", body, token["access_token"])
        except HTTPError as error:
            if error.code == 404:
                return None
            raise AssertionError(error.read().decode()) from error

    def _send(self, method: str, path: str, body: Any, token: str | None = None) -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.load(answer)
