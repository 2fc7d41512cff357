"""Streams are passed on as they come, the first one's content before what came later."""

from __future__ import annotations

import subprocess
import sys

from lolpop.execution.masking import Mask
from lolpop.execution.printing import pass_on

PROGRAM = """
import os
for number in range(200):
    os.write(1, b"%03d" % number + b"o" * 997)
    os.write(2, b"%03d" % number + b"e" * 997)
os.write(1, b"x" * 200_000)
os.write(2, b"done secret")
"""


def printed(secret: str) -> list[tuple[int, bytes]]:
    words = [sys.executable, "-c", PROGRAM]
    found: list[tuple[int, bytes]] = []
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout
        assert child.stderr
        streams = {1: child.stdout, 2: child.stderr}
        pass_on(streams, Mask([secret]), lambda name, data: found.append((name, data)))
    return found


def test_all_of_both_streams_comes_masked() -> None:
    found = printed("secret")
    both = {name: b"".join(data for key, data in found if key == name) for name in (1, 2)}
    out = b"".join(b"%03d" % number + b"o" * 997 for number in range(200))
    assert both[1] == out + b"x" * 200_000
    assert both[2] == out.replace(b"o", b"e") + b"done ***"


def test_what_was_printed_before_comes_before() -> None:
    for _ in range(20):
        whole = b"".join(data for _, data in printed("none"))
        assert whole.endswith(b"done secret")
        assert all(
            whole.index(b"%03do" % number) < whole.index(b"%03de" % number) for number in range(200)
        )
