"""A server that may be elsewhere doesn't see this host's folders."""

from __future__ import annotations

import socket

import pytest

from lolpop.execution.hosts import address, elsewhere


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://127.0.0.1:4200/api", None),
        ("http://localhost:4200/api", None),
        ("http://[::1]:4200/api", None),
        ("http://0.0.0.0:4200/api", None),
        (f"http://{socket.gethostname().upper()}:4200/api", None),
        ("http://192.0.2.7:4200/api", "192.0.2.7"),
        ("https://prefect.invalid/api", "prefect.invalid"),
        ("", None),
    ],
)
def test_this_host_and_others(url: str, host: str | None) -> None:
    assert elsewhere(url) == host


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:4200/api/", f"http://{socket.gethostname()}:4200/api"),
        ("http://localhost:4200/api", f"http://{socket.gethostname()}:4200/api"),
        ("https://user:secret@prefect.invalid/api?key=secret", "https://prefect.invalid/api"),
        ("http://[2001:db8::1]:3000", "http://[2001:db8::1]:3000"),
    ],
)
def test_an_address_means_the_same_everywhere(url: str, expected: str) -> None:
    assert address(url) == expected
