"""What a step prints never holds it up."""

from __future__ import annotations

import threading

import pytest

from lolpop_dagster.saying import Saying


def test_lines_that_dagster_does_not_take_are_lost_and_block_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(lines: str) -> None:
        raise OSError("the disk is full")

    def talk() -> None:
        with Saying(refuse) as saying:
            for _ in range(200):
                saying.say("x" * 1024)

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    assert capsys.readouterr().err == (
        "lolpop-dagster: printed lines are lost: OSError('the disk is full')\n"
    )
