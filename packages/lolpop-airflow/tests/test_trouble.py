"""What people read when something is in the way."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from airflow_client.client import __version__
from airflow_project import Project
from airflow_samples import package, spec

from lolpop.contract.options import DeployOptions
from lolpop.deploying import engine as engines
from lolpop.errors import EngineError, EngineUnreachableError
from lolpop.inprocess import Source
from lolpop_airflow import files
from lolpop_airflow.config import AirflowConfig
from lolpop_airflow.connecting import AnswerError, Api, paged
from lolpop_airflow.generating import generate
from lolpop_airflow.orchestrator import AirflowOrchestrator
from lolpop_airflow.registering import waited


def test_importing_the_plugin_imports_no_client() -> None:
    script = (
        "import sys, lolpop_airflow; lolpop_airflow.AirflowOrchestrator;"
        "print([name for name in sys.modules if name.startswith(('airflow_client', 'urllib3'))])"
    )
    done = subprocess.check_output([sys.executable, "-c", script], text=True)
    assert done == "[]\n"


def test_nothing_answers() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    for config in (AirflowConfig(api_url=url), AirflowConfig(api_url=url, username="lab")):
        with pytest.raises(EngineUnreachableError) as caught:
            Api(config).call("DAGApi", "get_dags", limit=1)
        assert caught.value.message.startswith(f"Airflow doesn't answer at {url!r}: ")
        assert caught.value.hint == (
            "`airflow api-server` starts it; `api_url` in the orchestrator's config names another"
            " one"
        )


class SomethingElse(BaseHTTPRequestHandler):
    """A server whose answers aren't those of the Airflow that the client is made for."""

    def do_GET(self) -> None:
        self.answer({"version": "9.1.0"} if self.path.endswith("/version") else {"workflows": []})

    def do_POST(self) -> None:
        self.answer("<html>")

    def answer(self, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def something_else() -> Iterator[str]:
    """Give the URL of a server that isn't the Airflow that was expected."""
    with HTTPServer(("127.0.0.1", 0), SomethingElse) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_airflow_of_another_version(something_else: str) -> None:
    with pytest.raises(EngineError) as caught:
        Api(AirflowConfig(api_url=something_else)).call("DAGApi", "get_dags", limit=1)
    assert caught.value.message == (
        f"apache-airflow-client {__version__} can't read what Airflow 9.1.0 at {something_else!r}"
        " answers: dags: Input should be a valid list"
    )
    assert caught.value.hint == ("install the client of that version: apache-airflow-client==9.1.0")


def test_what_answers_is_no_airflow(something_else: str) -> None:
    with pytest.raises(EngineError) as caught:
        Api(AirflowConfig(api_url=something_else, username="lab")).call("DAGApi", "get_dags")
    assert caught.value.message == f"what answers at {something_else!r} gives no token"
    assert caught.value.hint == (
        "see that `api_url` is the API server of an Airflow 3; `token` in the orchestrator's config"
        " takes a token that was made elsewhere"
    )


@pytest.mark.parametrize("total", [7, None])
def test_a_list_is_read_to_its_end_however_little_comes_at_once(total: int | None) -> None:
    assert [*paged(lambda seen: (range(seen, min(seen + 3, 7)), total))] == [*range(7)]


def test_what_passes_is_waited_for() -> None:
    answers = iter([409, None, 503, 502, True])

    def ask() -> bool:
        answer = next(answers)
        if isinstance(answer, int) and answer > 1:
            raise AnswerError("not now", status=answer)
        return bool(answer)

    assert waited(ask, 10)


def test_what_does_not_pass_is_not_waited_for() -> None:
    def ask() -> bool:
        raise AnswerError("never", status=400)

    with pytest.raises(AnswerError):
        waited(ask, 10)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "lolpop_penguins.py"
    with pytest.raises(EngineError) as caught:
        files.write(path, generate(package(), spec(), AirflowConfig()))
    assert caught.value.message == (
        f"can't write the DAG file {str(path)!r}: No such file or directory"
    )
    assert caught.value.hint == (
        "`dags_folder` in the orchestrator's config must be a folder you can write to"
    )


def test_a_relative_folder_starts_at_the_project(tmp_path: Path) -> None:
    project = Project(tmp_path / "birds", {"api_url": "http://127.0.0.1:9", "dags_folder": "dags"})
    project.write()
    source = Source(files=(str(tmp_path / "birds" / "lolpop.yaml"),))
    made = engines.engine(source).lifecycle.orchestrator
    with pytest.raises(EngineError) as caught:
        print(made.folder)
    assert caught.value.message == (
        f"there is no folder {str(tmp_path / 'birds' / 'dags')!r} for DAG files"
    )


FULL = """
import resource, signal, sys
from pathlib import Path
from lolpop.errors import EngineError
from lolpop_airflow import files
path = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    files.write(path, path.read_text("utf-8") + "# more")
except EngineError as error:
    print(error.message, end="")
"""


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    path = files.path_of(tmp_path, "penguins")
    text = generate(package(), spec(), AirflowConfig())
    files.write(path, text)
    # The limit holds for a process; a write beyond it fails as on a full disk.
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"can't write the DAG file {str(path)!r}: File too large"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.read_text("utf-8") == text


def test_a_file_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    path = files.path_of(tmp_path, "penguins")
    path.write_text("# lolpop: [not ours]\n", "utf-8")
    assert files.read(path) is None
    assert [*files.every(tmp_path)] == []


FORBIDDEN = """
import os, sys
from pathlib import Path
from lolpop.errors import EngineError
from lolpop_airflow import files
path, text = Path(sys.argv[1]), sys.stdin.read()
if os.geteuid() == 0:
    os.seteuid(65534)  # root may write anywhere
try:
    files.write(path, text)
except EngineError as error:
    print(error.message, end="")
"""


def test_a_folder_that_is_not_ours_to_write(tmp_path: Path) -> None:
    folder = tmp_path / "dags"
    folder.mkdir(mode=0o555)
    path = files.path_of(folder, "penguins")
    done = subprocess.run(
        [sys.executable, "-c", FORBIDDEN, str(path)],
        input=generate(package(), spec(), AirflowConfig()),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"can't write the DAG file {str(path)!r}: Permission denied"
    assert [*folder.iterdir()] == []


def deploying(engine: Any, patience: float, seed: int, name: str) -> Callable[[], object]:
    orchestrator = object.__new__(AirflowOrchestrator)
    config = AirflowConfig.model_validate({**engine.config, "patience": patience})
    orchestrator.__dict__["config"] = config
    wanted = spec(name, parameters={"seed": seed, "shape": "flat"}, schedule=None)
    return partial(orchestrator.deploy, package(), wanted, DeployOptions())


def test_two_deploy_the_same_name_at_once(engine: Any) -> None:
    seeds = range(4)
    with ThreadPoolExecutor(len(seeds)) as pool:
        calls = [pool.submit(deploying(engine, 90, seed, "contested")) for seed in seeds]
        errors = [call.exception() for call in calls]
    path = files.path_of(engine.dags, "contested")
    kept = files.read(path)
    assert kept
    winner = kept.spec.parameters["seed"]
    assert errors[winner] is None
    for error in errors:
        assert error is None or str(error).startswith(
            f"somebody else has changed {str(path)!r} just now: deployment 'contested' is theirs"
        )
    assert [each.name for each in engine.dags.glob(".lolpop-*")] == []


def test_airflow_does_not_look_in_time(engine: Any) -> None:
    path = files.path_of(engine.dags, "late")
    engine.stop("dag-processor")
    try:
        with pytest.raises(EngineError) as caught:
            deploying(engine, 1, 1, "late")()
    finally:
        engine.start_one("dag-processor")
        engine.wait(lambda: engine.health("dag_processor") == "healthy")
    assert caught.value.message == f"Airflow hasn't read {str(path)!r} in 1 s"
    assert caught.value.hint
    assert "`[dag_processor] refresh_interval`" in caught.value.hint
    assert not path.exists()
