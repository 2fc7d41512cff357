"""What people read when something is in the way."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from airflow_samples import package, spec

from lolpop.errors import EngineError, EngineUnreachableError
from lolpop_airflow import files
from lolpop_airflow.config import AirflowConfig
from lolpop_airflow.connecting import Api
from lolpop_airflow.generating import generate


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
