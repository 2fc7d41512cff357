"""What a run knows of its deployment."""

from __future__ import annotations

from pathlib import Path

import pytest

from lolpop.contract import DeploymentSpec, canonical_json
from lolpop.errors import UsageError
from lolpop.storage import Store
from lolpop_prefect.job import PARAMETERS, VARIABLE, Job, Pointer, joined, split


def test_the_pointer_travels_in_one_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    pointer = Pointer(storage="/somewhere/é", digest="abc", decorate="{}")
    for name, value in pointer.variables.items():
        monkeypatch.setenv(name, value)
    assert Pointer.read() == pointer


def test_without_the_variable_there_is_nothing_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(UsageError) as caught:
        Pointer.read()
    assert caught.value.message == (
        "the variable LOLPOP_DEPLOYMENT isn't set: this flow runs as a deployment only"
    )
    assert caught.value.hint == (
        "`lolpop deployment build` deploys it, and sets the variable for its runs"
    )


def test_the_rest_lies_in_the_storage(tmp_path: Path) -> None:
    spec = DeploymentSpec(name="n", project="p", storage=str(tmp_path), interpreter="/python")
    job = Job(package="f" * 64, spec=spec)
    Store(str(tmp_path)).create("prefect/deployments/abc.json", canonical_json(job))
    assert Pointer(storage=str(tmp_path), digest="other").job("abc") == job


def test_small_parameters_go_to_the_engine(tmp_path: Path) -> None:
    assert split({"a": "é"}, str(tmp_path)) == ({"a": "é"}, {})
    assert [*tmp_path.iterdir()] == []


def test_large_parameters_go_to_the_storage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = {"a": "é" * 100_000, "b": None}
    given, variables = split(large, str(tmp_path))
    assert given == {}
    assert split(large, str(tmp_path)) == (given, variables)
    monkeypatch.setenv(PARAMETERS, variables[PARAMETERS])
    assert joined({"c": "the deployment's"}, str(tmp_path)) == {"c": "the deployment's", **large}
