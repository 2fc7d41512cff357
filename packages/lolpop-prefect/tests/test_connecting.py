"""Every way in which Prefect can't be reached says so, and what to do."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

from lolpop.errors import EngineError, EngineUnreachableError, UsageError
from lolpop_prefect import connecting
from lolpop_prefect.config import PrefectConfig
from lolpop_prefect.connecting import (
    check_server,
    check_version,
    impatient,
    new_client,
    settings,
    translated,
)

HINT = "`prefect server start` starts one; `api_url` in the orchestrator's config names another one"


@contextmanager
def connected(config: PrefectConfig) -> Iterator[Any]:
    with settings(config), impatient(), translated(), new_client() as made:
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


class _Server(BaseHTTPRequestHandler):
    """Answers what it is told to: by the end of a path, else 404."""

    answers: ClassVar[dict[str, tuple[int, str]]]
    asked: ClassVar[list[str]]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        found = [answer for end, answer in self.answers.items() if self.path.endswith(end)]
        code, text = found[0] if found else (404, '"not here"')
        self.send_response(code)
        self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(text.encode())

    do_POST = do_GET  # noqa: N815 - http.server's word

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(asked: list[str], **answers: tuple[int, str]) -> Iterator[str]:
    """Give the URL of a server that answers what it is told to, and notes what it is asked."""
    handler = type("_Told", (_Server,), {"answers": answers, "asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def refused(url: str) -> EngineError:
    with pytest.raises(EngineError) as caught:
        check_server(PrefectConfig(api_url=url))
    return caught.value


def test_a_server_that_is_not_prefect() -> None:
    with serving([]) as url:
        error = refused(url)
    assert error.message == f"Prefect at {url!r} answers 404 to POST /api/flows/filter: not here"
    assert error.hint == "see that `api_url` ends in /api and belongs to a Prefect 3"


def test_a_page_in_place_of_the_api() -> None:
    with serving([], version=(200, "<html>")) as url:
        error = refused(url)
    assert error.message == f"what answers at {url!r} isn't Prefect's API"
    assert error.hint == "see that `api_url` ends in /api and belongs to a Prefect 3"


def test_a_server_of_another_major_version() -> None:
    with (
        serving([], version=(200, '"2.20.1"')) as url,
        connected(PrefectConfig(api_url=url)) as made,
    ):
        with pytest.raises(EngineError) as caught:
            check_version(made)
        ours = made.client_version()
    assert caught.value.message == (
        f"Prefect at {url!r} is version 2.20.1, this plugin speaks to {ours}"
    )
    assert caught.value.hint == "upgrade the older one of the two"


def test_a_server_that_does_not_say_its_version_passes() -> None:
    with serving([], filter=(200, "[]")) as url:
        check_server(PrefectConfig(api_url=url))


def test_a_server_that_refuses_the_credentials() -> None:
    asked: list[str] = []
    with serving(asked, health=(200, "true"), filter=(401, "{}")) as url:
        error = refused(url.replace("//", "//me:a%20word@"))
    shown = url.replace("//", "//***@")
    assert error.message == f"Prefect at {shown!r} refuses the credentials (401)"
    assert error.hint == (
        "give `api_key` (Prefect Cloud) or `auth_string` (a server of your own) in the"
        " orchestrator's config, best as ${env:NAME}"
    )


def test_a_server_that_is_unavailable_is_asked_a_few_times() -> None:
    asked: list[str] = []
    with serving(asked, version=(503, "")) as url:
        error = refused(url)
    assert isinstance(error, EngineUnreachableError)
    assert error.message == f"Prefect doesn't answer at {url!r}: 503 Service Unavailable"
    assert error.hint == HINT
    assert asked == ["/api/admin/version"] * 4


def test_a_server_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import PREFECT_CLIENT_MAX_RETRIES

    monkeypatch.setattr(connecting, "_SECONDS", 0.2)
    monkeypatch.setattr(connecting, "_RETRIES", 1)
    began = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/api"
        error = refused(url)
    assert error.message == f"Prefect doesn't answer at {url!r}: timed out"
    assert time.monotonic() - began < 10
    assert PREFECT_CLIENT_MAX_RETRIES.value() == 5


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
