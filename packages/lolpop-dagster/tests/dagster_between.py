"""What stands between the plugin and the webserver: hands requests on until one is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import Request, urlopen


@contextmanager
def gone_at(word: str, url: str) -> Iterator[str]:
    """Give a URL that is the webserver's, until a request with a word in it: then nobody answers.

    Args:
        word: What the request holds.
        url: The webserver's own URL.
    """
    seen: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if seen or word.encode() in body:
                seen.append(body)
            if seen:
                return  # and the connection is closed
            headers = {"Content-Type": "application/json"}
            with urlopen(Request(f"{url}{self.path}", body, headers), timeout=90) as answer:
                content = answer.read()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{made.server_port}"
        finally:
            made.shutdown()
            thread.join()
    assert seen, f"nobody asked for {word!r}"
