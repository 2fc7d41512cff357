"""Answers are read line by line, whoever else holds the pipe."""

from __future__ import annotations

import os
from threading import Timer

from lolpop.execution.channel import Answers


def test_lines_come_one_by_one() -> None:
    reading, writing = os.pipe()
    answers = Answers(reading)
    assert answers.line(0) is None
    os.write(writing, b"one\ntw")
    assert answers.line(1) == b"one"
    assert answers.line(0.01) is None
    os.write(writing, b"o\n")
    os.close(writing)
    assert answers.line(1) == b"two"
    assert answers.line(0.01) is None
    answers.close()


def test_a_line_is_waited_for() -> None:
    reading, writing = os.pipe()
    answers = Answers(reading)
    later = Timer(0.1, os.write, (writing, b"x" * 2**15 + b"\n"))
    later.start()
    assert answers.line(60) == b"x" * 2**15
    later.join()
    os.close(writing)
    answers.close()
