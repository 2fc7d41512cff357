"""One project for everything that works plainly, and not, or not so, as steps."""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import dedent
from typing import Any

DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
NUMBER = re.compile(r"\d\.\d+(e-\d+)?")
PLACE = re.compile(r"result\[\d+\]")
STRING = re.compile(r"'\d+'")
TIME = re.compile(r"datetime\.datetime\([^)]*\)")
UUID = re.compile(r"'[0-9a-f]{8}-[0-9a-f-]{27}'")


def said(done: Any) -> str:
    """Give what a rehearsal printed that found a difference, without its traceback."""
    assert done.returncode == 1
    return f"{done.stdout}{done.stderr[done.stderr.index('error: ') :]}"


def test_an_input_that_is_changed_in_place(rehearsed: Any) -> None:
    done = rehearsed(
        """
        import heapq

        import lolpop


        class Work(lolpop.Pipeline):
            def make(self):
                return [1, 2, 3]

            def drop(self, rows):
                heapq.heappop(rows)
                return "dropped"

            def sum(self, rows):
                return {"total": sum(rows)}


        class Flow(lolpop.Runner):
            work: Work

            def run(self):
                rows = self.work.make()
                self.work.drop(rows)
                return self.work.sum(rows)
        """
    )
    expected = """\
step       state    note
work.make  equal
work.drop  equal
work.sum   differs  result['total'] is 5 plainly and 6 as a step
3 of 3 calls became steps (100 %)
error: step 'work.sum' (flow.py:14) gives something else than in the plain run:\
 result['total'] is 5 plainly and 6 as a step; likely because\
 'work.drop' (flow.py:10) changes its argument 'rows' in place
hint: let 'work.drop' return what it makes, and hand that on
"""
    assert said(done) == expected


def test_a_result_that_is_changed_in_place(rehearsed: Any) -> None:
    done = rehearsed(
        """
        import operator

        import lolpop


        class Work(lolpop.Pipeline):
            def make(self):
                return {"a": 1}

            def mark(self, found):
                operator.setitem(found, "a", 2)


        class Flow(lolpop.Runner):
            work: Work

            def run(self):
                found = self.work.make()
                self.work.mark(found)
                return found
        """
    )
    expected = """\
step       state    note
work.make  equal
work.mark  equal
result     differs  result['a'] is 2 plainly and 1 as steps
2 of 2 calls became steps (100 %)
error: the steps give another result than the plain run:\
 result['a'] is 2 plainly and 1 as steps; likely because\
 'work.mark' (flow.py:10) changes its argument 'found' in place
hint: let 'work.mark' return what it makes, and hand that on
"""
    assert said(done) == expected


def test_a_parameter_that_is_changed_in_place(rehearsed: Any) -> None:
    done = rehearsed(
        """
        import heapq

        import lolpop


        class Work(lolpop.Pipeline):
            def add(self, rows):
                heapq.heappush(rows, 3)

            def count(self, rows):
                return len(rows)


        class Flow(lolpop.Runner):
            work: Work

            def run(self, rows: list):
                self.work.add(rows)
                return self.work.count(rows)
        """,
        "--build-kwargs",
        '{"rows": [1, 2]}',
    )
    expected = """\
step        state    note
work.add    equal
work.count  differs  result is 3 plainly and 2 as a step
2 of 2 calls became steps (100 %)
error: step 'work.count' (flow.py:10) gives something else than in the plain run:\
 result is 3 plainly and 2 as a step; likely because\
 'work.add' (flow.py:7) changes its argument 'rows' in place
hint: let 'work.add' return what it makes, and hand that on
"""
    assert said(done) == expected


def test_an_output_that_its_maker_changes_later(rehearsed: Any) -> None:
    done = rehearsed(
        """
        import lolpop

        KEPT = []


        class Work(lolpop.Pipeline):
            def make(self):
                return KEPT

            def grow(self):
                KEPT.append(1)

            def count(self, rows):
                return len(rows)


        class Flow(lolpop.Runner):
            work: Work

            def run(self):
                rows = self.work.make()
                self.work.grow()
                return self.work.count(rows)
        """
    )
    expected = """\
step        state    note
work.make   equal
work.grow   equal
work.count  differs  result is 1 plainly and 0 as a step
3 of 3 calls became steps (100 %)
error: step 'work.count' (flow.py:13) gives something else than in the plain run:\
 result is 1 plainly and 0 as a step; likely because\
 an output is changed after it was returned, by whoever else holds the object
hint: return a copy, or hand the change on as an output of its own
"""
    assert said(done) == expected


def test_state_in_a_class_attribute(rehearsed: Any) -> None:
    done = rehearsed(
        """
        import lolpop


        class Registry:
            models = {}


        class Work(lolpop.Pipeline):
            def fit(self):
                Registry.models["best"] = 3
                return "best"

            def predict(self, name):
                return Registry.models[name] * 2


        class Flow(lolpop.Runner):
            work: Work

            def run(self):
                return self.work.predict(self.work.fit())
        """
    )
    expected = """\
step          state   note
work.fit      equal
work.predict  failed  KeyError: 'best'
2 of 2 calls became steps (100 %)
error: step 'work.predict' (flow.py:13) fails, but not in the plain run:\
 KeyError: 'best'; likely because\
 'work.fit' (flow.py:9) leaves state behind that it may read: 'Registry.models'
hint: return what others need and take it as an argument: every step starts afresh
"""
    assert said(done) == expected


def test_state_in_a_module_and_in_the_environment(rehearsed: Any) -> None:
    done = rehearsed(
        """
        import os

        import lolpop

        RATE = 0


        class Work(lolpop.Pipeline):
            def configure(self):
                global RATE
                RATE = 5
                os.environ["TOKEN_OF_THIS_TEST"] = "x"

            def use(self):
                return RATE


        class Flow(lolpop.Runner):
            work: Work

            def run(self):
                self.work.configure()
                return self.work.use()
        """
    )
    expected = """\
step            state    note
work.configure  equal
work.use        differs  result is 5 plainly and 0 as a step
2 of 2 calls became steps (100 %)
error: step 'work.use' (flow.py:14) gives something else than in the plain run:\
 result is 5 plainly and 0 as a step; likely because\
 'work.configure' (flow.py:9) leaves state behind that it may read: 'flow.RATE'
hint: return what others need and take it as an argument: every step starts afresh
"""
    assert said(done) == expected


def test_state_that_nobody_sees(rehearsed: Any) -> None:
    done = rehearsed(
        """
        import decimal

        import lolpop


        class Work(lolpop.Pipeline):
            def configure(self):
                decimal.getcontext().prec -= 25

            def use(self):
                return str(decimal.Decimal(1) / 3)[:7]


        class Flow(lolpop.Runner):
            work: Work

            def run(self):
                self.work.configure()
                return self.work.use()
        """
    )
    expected = """\
step            state    note
work.configure  equal
work.use        differs  result is '0.333' plainly and '0.33333' as a\
 step
2 of 2 calls became steps (100 %)
error: step 'work.use' (flow.py:10) gives something else than in the plain run:\
 result is '0.333' plainly and '0.33333' as a step; likely because\
 of state outside of the values that are handed over, such as a library's settings
hint: set it up in each step that needs it, and hand over values alone
"""
    assert said(done) == expected


LEAVING = """
    from pathlib import Path

    import lolpop


    class Work(lolpop.Pipeline):
        def make(self):
            Path("made.txt").write_text("3")
            return 3

        def read(self, number):
            return number + int(Path("made.txt").read_text())


    class Flow(lolpop.Runner):
        work: Work

        def run(self):
            return self.work.read(self.work.make())
"""


def test_a_file_left_in_the_working_folder(rehearsed: Any, folder: Path) -> None:
    done = rehearsed(LEAVING)
    expected = """\
step       state   note
work.make  equal
work.read  failed  FileNotFoundError: [Errno 2] No such file or directory: 'made.txt'
2 of 2 calls became steps (100 %)
error: step 'work.read' (flow.py:11) fails, but not in the plain run:\
 FileNotFoundError: [Errno 2] No such file or directory: 'made.txt'; likely because\
 it reads 'made.txt', which 'work.make' (flow.py:7) leaves in the working folder
hint: let 'work.make' return the file as a `Path`, and take that as an argument
"""
    assert said(done) == expected
    assert 'File "flow.py", line 12, in read\n' in done.stderr


def test_a_file_that_is_packaged_as_it_was_before(rehearsed: Any, folder: Path) -> None:
    (folder / "made.txt").write_text("1")
    done = rehearsed(LEAVING)
    expected = """\
step       state    note
work.make  equal
work.read  differs  result is 6 plainly and 4 as a step
2 of 2 calls became steps (100 %)
error: step 'work.read' (flow.py:11) gives something else than in the plain run:\
 result is 6 plainly and 4 as a step; likely because\
 it reads 'made.txt', which 'work.make' (flow.py:7) leaves in the working folder
hint: let 'work.make' return the file as a `Path`, and take that as an argument
"""
    assert said(done) == expected


def test_a_file_that_is_not_packaged(rehearsed: Any, folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data/rows.txt").write_text("1")
    code = drawing("open('data/rows.txt').read()", "import os")
    expected = """\
step       state   note
work.draw  failed  FileNotFoundError: [Errno 2] No such file or directory: 'data/rows.txt'
1 of 1 calls became steps (100 %)
error: step 'work.draw' (flow.py:7) fails, but not in the plain run:\
 FileNotFoundError: [Errno 2] No such file or directory: 'data/rows.txt'; likely because\
 it reads 'data/rows.txt', which isn't packaged
hint: package it: package: {include: ['data/rows.txt']}
"""
    assert said(rehearsed(code, yaml="package: {exclude: [data]}")) == expected


def drawing(draw: str, imports: str = "import random") -> str:
    return dedent(
        f"""
        {imports}

        import lolpop


        class Work(lolpop.Pipeline):
            def draw(self):
                return {draw}


        class Flow(lolpop.Runner):
            work: Work

            def run(self):
                return self.work.draw()
        """
    )


def test_randomness_that_a_seed_tames(rehearsed: Any) -> None:
    done = rehearsed(drawing("numpy.random.rand()", "import numpy"))
    expected = """\
step       state    note
work.draw  differs  result is N plainly and N as a step
1 of 1 calls became steps (100 %)
error: step 'work.draw' (flow.py:7) gives something else than in the plain run:\
 result is N plainly and N as a step; likely because\
 it draws random numbers without a seed: it gives something else each time, but not after\
 `random.seed` and `numpy.random.seed`
hint: seed in the step itself, from a parameter: what another step seeds isn't seeded here
"""
    assert NUMBER.sub("N", said(done)) == expected


def test_randomness_that_no_usual_seed_tames(rehearsed: Any) -> None:
    done = rehearsed(drawing("str(uuid.uuid4())", "import uuid"))
    expected = """\
step       state    note
work.draw  differs  result is U plainly and U as a step
1 of 1 calls became steps (100 %)
error: step 'work.draw' (flow.py:7) gives something else than in the plain run:\
 result is U plainly and U as a step; likely because\
 it gives something else each time, whatever is seeded: a generator of its own without a\
 seed, an identifier made up, the clock, or something outside of the workflow
hint: give its generators a seed, and take what comes from outside as a parameter
"""
    assert UUID.sub("U", said(done)) == expected


def test_the_clock(rehearsed: Any) -> None:
    done = rehearsed(drawing("{'at': datetime.now()}", "from datetime import datetime"))
    expected = """\
step       state    note
work.draw  differs  result['at'] is T plainly and T as a step
1 of 1 calls became steps (100 %)
error: step 'work.draw' (flow.py:7) gives something else than in the plain run:\
 result['at'] is T plainly and T as a step; likely because\
 it depends on the clock: it gives another time each time
hint: take the time as a parameter, or leave it out of what the step returns
"""
    assert TIME.sub("T", said(done)) == expected


def test_the_order_of_a_set(rehearsed: Any) -> None:
    done = rehearsed(drawing("list({str(n) for n in range(50)})"))
    expected = """\
step       state    note
work.draw  differs  result[N] is S plainly and S as a step
1 of 1 calls became steps (100 %)
error: step 'work.draw' (flow.py:7) gives something else than in the plain run:\
 result[N] is S plainly and S as a step; likely because\
 it depends on the order of a set, which is another one in each process
hint: sort it: steps run with PYTHONHASHSEED=0, a plain run doesn't
"""
    assert PLACE.sub("result[N]", STRING.sub("S", said(done))) == expected


def test_what_can_not_be_stored(rehearsed: Any) -> None:
    done = rehearsed(drawing("{'lock': threading.Lock()}", "import threading"))
    expected = """\
step       state   note
work.draw  failed  UnstorableError: result['lock'] can't be stored: TypeError: cannot pickle\
 '_thread.lock' object (_thread.lock)
1 of 1 calls became steps (100 %)
error: step 'work.draw' (flow.py:7) fails, but not in the plain run:\
 UnstorableError: result['lock'] can't be stored: TypeError: cannot pickle\
 '_thread.lock' object (_thread.lock); likely because\
 what a step returns goes through the storage
hint: return what it was made from, or leave it out by `__getstate__`
"""
    assert done.stderr.startswith("error: ")
    assert said(done) == expected


LOSING = """
    import lolpop


    class Model:
        def __init__(self, rate):
            self.rate = rate

        def __reduce__(self):
            return Model, (0,)


    class Work(lolpop.Pipeline):
        def fit(self):
            return Model(3)

        def score(self, model):
            return model.rate


    class Flow(lolpop.Runner):
        work: Work

        def run(self):
            return self.work.score(self.work.fit())
"""


def test_what_is_not_the_same_after_storing(rehearsed: Any) -> None:
    expected = """\
step        state    note
work.fit    equal    its output isn't the same after storing: result.rate is 3 before and 0 after
work.score  differs  result is 3 plainly and 0 as a step
2 of 2 calls became steps (100 %)
error: step 'work.score' (flow.py:16) gives something else than in the plain run:\
 result is 3 plainly and 0 as a step; likely because\
 the output of 'work.fit' (flow.py:13) isn't the same after storing:\
 result.rate is 3 before and 0 after
hint: return plain values, or let `__getstate__` of its class give all of it
"""
    assert said(rehearsed(LOSING)) == expected


def test_what_can_not_be_loaded_again(rehearsed: Any) -> None:
    done = rehearsed(LOSING.replace("(0,)", "()"))
    expected = """\
step        state   note
work.fit    equal   its output can't be loaded again: TypeError: Model.__init__() missing 1\
 required positional argument: 'rate'
work.score  failed  StorageError: artifact D can't be loaded: TypeError: Model.__init__()\
 missing 1 required positional argument: 'rate'
2 of 2 calls became steps (100 %)
error: step 'work.score' (flow.py:16) fails, but not in the plain run:\
 StorageError: artifact D can't be loaded: TypeError: Model.__init__() missing 1 required\
 positional argument: 'rate'; likely because\
 the output of 'work.fit' (flow.py:13) can't be loaded again: TypeError: Model.__init__()\
 missing 1 required positional argument: 'rate'
hint: return plain values, or let `__getstate__` of its class give all of it
"""
    assert DIGEST.sub("D", said(done)) == expected


def test_what_pickles_to_something_else_each_time(rehearsed: Any) -> None:
    code = LOSING.replace("(0,)", "(self.rate + __import__('random').random(),)")
    expected = """\
step        state    note
work.fit    differs  result is <flow.Model object> (flow.Model) plainly and <flow.Model object>\
 (flow.Model) as a step
work.score  differs  result is 3 plainly and N as a step
2 of 2 calls became steps (100 %)
error: step 'work.fit' (flow.py:13) gives something else than in the plain run:\
 result is <flow.Model object> (flow.Model) plainly and <flow.Model object> (flow.Model) as a\
 step; likely because\
 its output doesn't pickle deterministically: one value pickles to another one each time
hint: let `__reduce__` or `__getstate__` of its class give the same for the same value
"""
    assert NUMBER.sub("N", said(rehearsed(code))) == expected


def test_steps_after_a_failed_one_are_not_run(rehearsed: Any) -> None:
    code = LEAVING.replace("self.work.read(self.work.make())", "self.work.read(self.work.read(1))")
    code = code.replace("return self", "self.work.make()\n            return self")
    done = rehearsed(code, "--output", "json")
    found = json.loads(done.stdout)
    missing = "FileNotFoundError: [Errno 2] No such file or directory: 'made.txt'"
    assert (done.returncode, found["exit_code"]) == (1, 1)
    assert found["error"]["type"] == "RehearsalError"
    assert found["error"]["step"] == "work.read"
    assert found["error"]["rehearsal"] == {
        "status": "differs",
        "workflow": "Flow.run",
        "steps": [
            {"name": "work.make", "state": "equal", "note": None},
            {"name": "work.read", "state": "failed", "note": missing},
            {"name": "work.read[2]", "state": "not run", "note": None},
        ],
        "calls": {"steps": 3, "all": 3},
        "cause": "file",
    }
