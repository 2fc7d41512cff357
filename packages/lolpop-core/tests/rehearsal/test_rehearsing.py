"""What a rehearsal is told, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

FLOW = """
    from pathlib import Path

    import lolpop


    class Work(lolpop.Pipeline):
        def start(self, name: str, times: int):
            if times < 0:
                raise ValueError("too few")
            return name * times

        def end(self, text):
            kept = Path("kept")
            return text, kept.is_dir() and len(list(kept.iterdir()))


    class Flow(lolpop.Runner):
        work: Work

        def run(self, name: str, times: int = 1):
            return self.work.end(self.work.start(name, times))
"""


def test_configured_and_given_parameters_reach_both_runs(rehearsed: Any) -> None:
    yaml = 'deployment: {parameters: {name: "${env:HOME}"}}'
    done = rehearsed(FLOW, "--param", "times=2", yaml=yaml)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("equal: 2 steps give what the plain run gives\n")


def test_positional_arguments_are_refused(rehearsed: Any) -> None:
    done = rehearsed(FLOW, "--build-args", "x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: a rehearsal takes arguments by name, as a deployment does\n"
        "hint: use --param instead of --build-args\n"
    )


def test_a_missing_parameter_is_reported_as_ever(rehearsed: Any) -> None:
    done = rehearsed(FLOW)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: missing a required argument: 'name': Flow.run(name: 'str', times: 'int' = 1)\n"
    ).replace("'str'", "str").replace("'int'", "int")


def test_a_workflow_that_fails_plainly_is_reported_as_ever(rehearsed: Any, folder: Path) -> None:
    done = rehearsed(FLOW, "--build-kwargs", '{"name": "x", "times": -1}')
    assert (done.returncode, done.stdout) == (1, "")
    assert f'File "{folder}/flow.py", line 9, in start\n' in done.stderr
    assert "/rehearsal/" not in done.stderr
    assert done.stderr.endswith("\nerror: Flow.run failed: ValueError: too few\n")


def test_the_projects_storage_is_not_packaged_and_stays_as_it_is(
    rehearsed: Any, folder: Path
) -> None:
    (folder / "kept").mkdir()
    (folder / "kept/old").write_text("")
    done = rehearsed(FLOW, "--build-kwargs", '{"name": "x"}', yaml="storage: kept")
    assert "result[1] is 1 plainly and False as a step" in done.stdout
    assert "likely because it reads 'kept/old', which isn't packaged\n" in done.stderr
    assert [path.name for path in (folder / "kept").iterdir()] == ["old"]


def test_files_are_named_from_where_the_command_is_called(rehearsed: Any, folder: Path) -> None:
    arguments = ["-c", "project/lolpop.yaml", "-l", "project/flow.py", "-e", "run"]
    done = rehearsed(FLOW, "Flow", *arguments, "--build-kwargs", '{"name": "x"}', at=folder.parent)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("equal: 2 steps give what the plain run gives\n")


SHARED = """
    import functools

    import lolpop


    def loud(method):
        @functools.wraps(method)
        def wrapped(*args, **kwargs):
            return method(*args, **kwargs)

        return wrapped


    class Work(lolpop.Pipeline):
        @loud
        def one(self, *rows, **names):
            return [self.two(row) for row in rows], names

        def two(self, row):
            return row + 1

        @staticmethod
        def three(found, first=1):
            return found


    class Flow(lolpop.Runner):
        work: Work

        def run(self, start: int = 1):
            two = self.work.two(start)
            found, names = self.work.one(two, start, key=two)
            again = self.group(found)
            return self.work.three(again, first=names)

        def group(self, found):
            return self.work.two(self.work.two(found[0]))
"""


def test_every_call_meets_its_own_step(rehearsed: Any) -> None:
    done = rehearsed(SHARED)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "step         state  note\n"
        "work.two     equal\n"
        "work.one     equal\n"
        "work.two[2]  equal\n"
        "work.two[3]  equal\n"
        "work.three   equal\n"
        "5 of 5 calls became steps (100 %)\n"
        "equal: 5 steps give what the plain run gives\n"
    )
