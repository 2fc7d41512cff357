"""Trouble says what it is, where, and what to do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from dagster_engine import free_port

from lolpop.errors import EngineError, EngineUnreachableError
from lolpop_dagster.api import Api
from lolpop_dagster.config import DagsterConfig

SEE = "see that `url` in the orchestrator's config is that of a Dagster webserver"


@contextmanager
def server(code: int, content: bytes, promised: int = 0) -> Iterator[str]:
    """Give something that answers and isn't a Dagster webserver of ours: a proxy, another one.

    Args:
        code: The status.
        content: What it sends.
        promised: How many bytes it says that it sends, if not those.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            known = self.headers["Authorization"] == "Bearer known"
            self.send_response(200 if known else code)
            if promised:
                self.send_header("Content-Length", str(promised))
            self.end_headers()
            self.wfile.write(
                json.dumps({"data": {"version": "1.2.3"}}).encode() if known else content
            )

        def log_message(self, format: str, *arguments: Any) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{made.server_port}"
        finally:
            made.shutdown()
            thread.join()


def raised(url: str, **config: Any) -> EngineError:
    with pytest.raises(EngineError) as error:
        Api(DagsterConfig(url=url, **config)).check_version()
    return error.value


def test_nothing_answers() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    error = raised(url)
    assert isinstance(error, EngineUnreachableError)
    assert error.message == f"Dagster doesn't answer at {url!r}: [Errno 111] Connection refused"
    assert error.hint == (
        "`dagster-webserver -w FILE` starts it; `url` in the orchestrator's config names another"
    )


def test_a_url_that_is_none() -> None:
    error = raised("nonsense")
    assert isinstance(error, EngineUnreachableError)
    assert error.message == (
        "Dagster doesn't answer at 'nonsense': unknown url type: 'nonsense/graphql'"
    )


def test_another_server_answers() -> None:
    with server(200, b"<html>Hello</html>") as url:
        error = raised(url)
    assert (error.message, error.hint) == (f"what answers at {url!r} isn't Dagster", SEE)


def test_a_page_that_is_not_there() -> None:
    with server(404, b"Not Found") as url:
        error = raised(url)
    assert (error.message, error.hint) == (f"Dagster at {url!r} answers 404: Not Found", SEE)


def test_the_engine_behind_a_gateway_is_away() -> None:
    with server(502, b"Bad Gateway") as url:
        error = raised(url)
    assert isinstance(error, EngineUnreachableError)
    assert error.message == f"Dagster doesn't answer at {url!r}: the answer is 502"


@pytest.mark.parametrize("code", [200, 500])
def test_an_answer_that_breaks_off(code: int) -> None:
    with server(code, b"{", promised=20) as url:
        error = raised(url)
    assert isinstance(error, EngineUnreachableError)
    assert error.message == (
        f"Dagster doesn't answer at {url!r}: IncompleteRead(1 bytes read, 19 more expected)"
    )


def test_wrong_credentials_and_right_ones() -> None:
    with server(401, b"") as url:
        error = raised(url, headers={"Authorization": "Bearer unknown"})
        Api(DagsterConfig(url=url, headers={"Authorization": "Bearer known"})).check_version()
    assert error.message == f"Dagster at {url!r} refuses the credentials (401)"
    assert error.hint == (
        "give what it asks for under `headers` in the orchestrator's config, best as ${env:NAME}"
    )


def test_another_major_version() -> None:
    with server(200, b'{"data": {"version": "2.0.1"}}') as url:
        error = raised(url)
    assert error.message == (
        f"Dagster at {url!r} is version 2.0.1, this plugin speaks to Dagster 1"
    )
    assert error.hint == "upgrade the older one of the two"


def test_a_question_that_it_does_not_take(engine: Any) -> None:
    with pytest.raises(EngineError) as error:
        Api(DagsterConfig(url=engine.url)).ask("{ nonsense }")
    assert error.value.message == (
        f"Dagster at {engine.url!r} doesn't take the question:"
        " Cannot query field 'nonsense' on type 'Query'."
    )
    assert error.value.hint == (
        "this plugin speaks to Dagster 1.13: see its README for tested versions"
    )
