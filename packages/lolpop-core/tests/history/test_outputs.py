from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path
from typing import Any

import pandas
import polars
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lolpop.contract import RunState, StepState
from lolpop.errors import NotFoundError, StorageError, UsageError
from lolpop.history.forms import PICKLED, Taken, take
from lolpop.history.outputs import element_of, find_output, loaded
from lolpop.storage import artifacts

FRAME = pandas.DataFrame({"a": [1, 2], "b": ["x", None]})


def get(past: Any, value: Any, out: Path | None = None, *keys: str) -> Taken:
    """Store a value as a step does, and get it."""
    working = past.folder / "working"
    working.mkdir(exist_ok=True)
    output = artifacts.put(past.store, value, working)
    run = past.open()
    with loaded(past.history, run, output, element_of(keys)) as found:
        return take(found, out, past.folder)


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
)
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(json_values)
def test_values_of_jsons_types_are_json(past: Any, value: Any) -> None:
    taken = get(past, value)
    assert isinstance(taken.text, str)
    assert json.loads(taken.text) == taken.value == value
    file = past.folder / "out.txt"
    assert get(past, value, file) == Taken(file=file)
    assert json.loads(file.read_text()) == value


@pytest.mark.parametrize("value", ["größe\n", b"\x00\xff"])
def test_text_and_bytes_are_given_as_they_are(past: Any, value: str | bytes) -> None:
    assert get(past, value) == Taken(text=value, value=value)
    file = past.folder / "out"
    get(past, value, file)
    assert file.read_bytes() == (value if isinstance(value, bytes) else value.encode())


def test_a_table_is_printed_in_short(past: Any) -> None:
    for value in (FRAME, FRAME["a"], polars.DataFrame({"a": [1]})):
        assert get(past, value) == Taken(text=str(value), value=str(value))


@pytest.mark.parametrize("suffix", [".csv", ".json", ".parquet"])
def test_a_table_is_written_by_the_end_of_the_name(past: Any, suffix: str) -> None:
    readers = {".csv": "read_csv", ".json": "read_json", ".parquet": "read_parquet"}
    file = past.folder / f"out{suffix}"
    for value in (FRAME.set_index("a"), FRAME):
        assert get(past, value, file) == Taken(file=file)
        expected = value if suffix == ".parquet" else FRAME
        assert getattr(pandas, readers[suffix])(file).equals(expected)
    get(past, FRAME["a"], file)
    assert getattr(pandas, readers[suffix])(file).equals(FRAME[["a"]])
    table = polars.from_pandas(FRAME)
    get(past, table, file)
    assert getattr(polars, readers[suffix])(file).equals(table)


def test_a_table_of_another_form_is_refused(past: Any) -> None:
    with pytest.raises(UsageError) as caught:
        get(past, FRAME, past.folder / "out.xlsx")
    assert (caught.value.message, caught.value.hint) == (
        "can't write a pandas.DataFrame as 'out.xlsx'"
        if pandas.DataFrame.__module__ == "pandas"
        else "can't write a pandas.core.frame.DataFrame as 'out.xlsx'",
        "end the name in .csv, .json, .parquet or .pickle",
    )
    twice = pandas.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(UsageError) as caught:
        get(past, twice, past.folder / "out.json")
    assert caught.value.message == (
        f"can't write {str(past.folder / 'out.json')!r}: ValueError: DataFrame columns must be"
        " unique for orient='records'."
    )
    assert caught.value.hint == "a name that ends in .pickle keeps the value as it is"


def test_anything_else_is_pickled_and_only_on_request(past: Any) -> None:
    with pytest.raises(UsageError) as caught:
        get(past, {1, 2})
    assert caught.value.message == "a value of type set can't be printed"
    assert caught.value.hint == "-o FILE writes it, pickled; --element takes a part of it"
    file = past.folder / "out"
    assert get(past, {1, 2}, file) == Taken(file=file, note=PICKLED)
    assert pickle.loads(file.read_bytes()) == {1, 2}
    whole = past.folder / "out.pickle"
    assert get(past, FRAME, whole).note == PICKLED
    assert pickle.loads(whole.read_bytes()).equals(FRAME)


def test_files_and_folders_are_copied(past: Any) -> None:
    working = past.folder / "working"
    (working / "made" / "deep").mkdir(parents=True)
    (working / "made" / "deep" / "x.txt").write_text("x")
    (working / "y.txt").write_text("y")
    assert get(past, Path("y.txt")) == Taken(file=past.folder / "y.txt")
    assert (past.folder / "y.txt").read_text() == "y"
    with pytest.raises(UsageError) as caught:
        get(past, Path("y.txt"))
    assert caught.value.message == "'y.txt' is in the working folder already"
    assert caught.value.hint == "name another file with -o"
    get(past, Path("y.txt"), past.folder / "z.txt")
    assert (past.folder / "z.txt").read_text() == "y"
    get(past, working / "made", past.folder / "copy")
    assert (past.folder / "copy" / "deep" / "x.txt").read_text() == "x"
    get(past, (1, Path("y.txt")), past.folder / "second.txt", "1")
    assert (past.folder / "second.txt").read_text() == "y"
    assert get(past, Path("/nowhere/x")).text == "/nowhere/x"


def test_a_file_that_cannot_be_written(past: Any) -> None:
    file = past.folder / "missing" / "out.json"
    with pytest.raises(UsageError) as caught:
        get(past, [1], file)
    assert caught.value.message == f"can't write {str(file)!r}: No such file or directory"


@pytest.mark.parametrize(
    ("keys", "found"),
    [(["a"], [1, {"1": "x"}]), (["a", "0"], 1), (["a", "-1", '"1"'], "x")],
)
def test_elements_are_named_by_number_and_key(past: Any, keys: list[str], found: Any) -> None:
    assert get(past, {"a": [1, {"1": "x"}]}, None, *keys).value == found


@pytest.mark.parametrize(
    ("keys", "message", "hint"),
    [
        (["b"], "the output, dict, has no element ['b']", "it has 'a', 'x'"),
        (
            ["a", "5"],
            "element ['a'] of the output, list, has no element [5]",
            "it has 2 elements, counted from 0",
        ),
        (["a", "0", "0"], "element ['a'][0] of the output, int, has no element [0]", "it is 1"),
    ],
)
def test_an_element_that_is_not_there(past: Any, keys: list[str], message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        get(past, {"a": [1, 2], "x": 1}, None, *keys)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_the_projects_classes_come_from_the_runs_package(past: Any, tmp_path: Path) -> None:
    sys.path.insert(0, str(past.folder))
    try:
        import past_flow  # type: ignore[import-not-found]

        output = artifacts.put(past.store, past_flow.Model(), past.folder)
    finally:
        sys.path.remove(str(past.folder))
    sys.modules.pop("past_flow")
    (past.folder / "past_flow.py").unlink()
    with loaded(past.history, past.open(), output) as found:
        assert found.value.weights == [1, 2]
    sys.modules.pop("past_flow")
    gone = past.open("2", package="0" * 64)
    with pytest.raises(StorageError) as caught, loaded(past.history, gone, output):
        pass
    assert caught.value.message == (
        f"artifact {output.digest} can't be loaded: ModuleNotFoundError: No module named"
        " 'past_flow'"
    )


def test_the_newest_output_is_found_or_that_of_an_attempt(past: Any) -> None:
    run = past.open()
    past.succeed(run, "work.make", value="first")
    past.fail(run, "work.make")
    past.succeed(run, "work.make", value="third")
    assert find_output(past.history, run, "work.make").preview == "'third'"
    assert find_output(past.history, run, "work.make", 1).preview == "'first'"
    rerun = past.open("2", parent_run_id="1")
    assert find_output(past.history, rerun, "work.make").preview == "'third'"


def test_why_there_is_no_output(past: Any) -> None:
    run = past.open("r")
    past.fail(run, "work.make", "ValueError: no")
    past.succeed(run, "work.make")
    past.fail(run, "work.do", "ValueError: no")

    def why(step: str, number: int | None = None) -> tuple[str, str | None]:
        with pytest.raises(NotFoundError) as caught:
            find_output(past.history, run, step, number)
        return caught.value.message, caught.value.hint

    shows = "`lolpop runs show r` shows all steps"
    none = "step {!r} has no output in run 'r': {}"
    assert why("work.do") == (none.format("work.do", "it failed: ValueError: no"), shows)
    assert why("work.make", 1) == (none.format("work.make", "it failed: ValueError: no"), shows)
    assert why("work.end") == (none.format("work.end", "it hasn't started"), shows)
    assert why("work.make", 3) == (
        "step 'work.make' has 2 attempts in run 'r', not a number 3",
        "attempts count from 1",
    )
    assert why("work.end", 1) == (
        "step 'work.end' has no attempt in run 'r', not a number 1",
        "attempts count from 1",
    )
    assert why("work.mak") == ("run 'r' has no step 'work.mak'", "did you mean 'work.make'?")
    assert why("zzz") == (
        "run 'r' has no step 'zzz'",
        "there is work.make, work.do, work.end",
    )
    run.claim("work.end")
    assert why("work.end") == (none.format("work.end", "it is running"), shows)
    run.attempts("work.end")[-1].close(StepState.CANCELLED)
    assert why("work.end")[0] == none.format("work.end", "it was cancelled")
    run.end(RunState.CANCELLED)
    other = past.open("s")
    other.end(RunState.CANCELLED)
    with pytest.raises(NotFoundError) as caught:
        find_output(past.history, other, "work.end")
    assert caught.value.message == "step 'work.end' has no output in run 's': it was skipped"
