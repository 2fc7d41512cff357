"""Every way in which Prefect can't be reached says so, and what to do."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from lolpop.errors import EngineError, EngineUnreachableError, UsageError
from lolpop_prefect.config import PrefectConfig
from lolpop_prefect.connecting import check_version, new_client, settings, translated

HINT = "`prefect server start` starts one; `api_url` in the orchestrator's config names another one"


@contextmanager
def connected(config: PrefectConfig) -> Iterator[Any]:
    with settings(config), translated(), new_client() as made:
        yield made


def test_importing_the_plugin_imports_no_prefect() -> None:
    script = (
        "import sys, lolpop_prefect; lolpop_prefect.PrefectOrchestrator;"
        "print([name for name in sys.modules if name.split('.')[0] in ('prefect', 'httpx')])"
    )
    done = subprocess.check_output([sys.executable, "-c", script], text=True)
    assert done == "[]\n"


def test_a_server_that_does_not_answer() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/api"
    config = PrefectConfig(api_url=url)
    with pytest.raises(EngineUnreachableError) as caught, connected(config) as made:
        made.read_flows()
    assert (
        caught.value.message == f"Prefect doesn't answer at {url!r}: [Errno 111] Connection refused"
    )
    assert caught.value.hint == HINT


def test_no_server_at_all() -> None:
    with pytest.raises(EngineError) as caught, connected(PrefectConfig()):
        pass
    assert caught.value.message == "no Prefect server is named, and deployments need one"
    assert caught.value.hint == (
        "name a server: orchestrator: {config: {api_url: http://127.0.0.1:4200/api}}"
    )


class _Other(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path.endswith("version") else 404)
        self.end_headers()
        self.wfile.write(b'"2.20.1"')

    do_POST = do_GET  # noqa: N815 - http.server's word

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def other_server() -> object:
    server = HTTPServer(("127.0.0.1", 0), _Other)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_server_that_is_not_prefect(other_server: str) -> None:
    config = PrefectConfig(api_url=other_server)
    with pytest.raises(EngineError) as caught, connected(config) as made:
        made.read_flows()
    assert caught.value.message == (
        f"Prefect at {other_server!r} answers 404 to POST /api/flows/filter: 2.20.1"
    )
    assert caught.value.hint == "see that `api_url` ends in /api and belongs to a Prefect 3"


def test_a_server_of_another_major_version(other_server: str) -> None:
    config = PrefectConfig(api_url=other_server)
    with pytest.raises(EngineError) as caught, connected(config) as made:
        check_version(made, other_server)
    ours = made.client_version()
    assert caught.value.message == (
        f"Prefect at {other_server!r} is version 2.20.1, this plugin speaks to {ours}"
    )
    assert caught.value.hint == "upgrade the older one of the two"


def test_a_profile_that_is_not_there(prefect_home: Path) -> None:
    with pytest.raises(UsageError) as caught, settings(PrefectConfig(profile="ephemeralx")):
        pass
    assert caught.value.message == "Prefect has no profile 'ephemeralx'"
    assert caught.value.hint == "did you mean 'ephemeral'?"


def test_a_profile_and_what_is_laid_over_it(prefect_home: Path) -> None:
    from prefect.settings import PREFECT_API_KEY, PREFECT_API_URL

    profiles = '[profiles.lab]\nPREFECT_API_URL = "http://lab/api"\nPREFECT_API_KEY = "of-lab"\n'
    file = prefect_home / "profiles.toml"
    file.write_text(profiles)
    before = PREFECT_API_URL.value()
    with settings(PrefectConfig(profile="lab", api_key="mine")):
        assert (PREFECT_API_URL.value(), PREFECT_API_KEY.value()) == ("http://lab/api", "mine")
    assert PREFECT_API_URL.value() == before
    assert file.read_text() == profiles
    file.unlink()
