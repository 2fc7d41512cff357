"""A run keeps its package, and an op says why its step doesn't start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dagster_samples import job_file

from lolpop.contract import StepSettings
from lolpop_dagster.building import job_of
from lolpop_dagster.jobfile import JobFile
from lolpop_dagster.pinning import opened

OLD, NEW = "a" * 64, "b" * 64


def deployed(storage: Path, package: str, interpreter: str = "/nowhere/python") -> JobFile:
    file = job_file(package=package, steps={"load.read": StepSettings(retries=1)})
    return replace(file, spec=replace(file.spec, storage=str(storage), interpreter=interpreter))


def test_a_run_has_the_package_of_the_file_or_of_the_run_that_it_goes_on_from(
    tmp_path: Path,
) -> None:
    old, new = deployed(tmp_path, OLD), deployed(tmp_path, NEW)
    assert opened(old, "first", {}, None).package_digest == OLD
    # A build doesn't change a run that has begun, nor what is repeated of it.
    assert opened(new, "first", {}, None).package_digest == OLD
    again = opened(new, "again", {"seed": 3}, "first")
    assert (again.package_digest, again.start.deployment_digest) == (OLD, old.digest)
    assert again.parameters == {**old.spec.parameters, "seed": 3}
    # What repeats all of it is new, and so is what goes on from a run that never began.
    assert opened(new, "all", {}, None).package_digest == NEW
    assert opened(new, "other", {}, "nowhere").package_digest == NEW


def test_an_interpreter_that_is_gone_is_named_and_tried_again(tmp_path: Path) -> None:
    job = job_of(deployed(tmp_path, NEW), "r")
    result = job.execute_in_process(raise_on_error=False)
    events = [event for event in result.all_events if event.step_key == "load_read"]
    failed: list[Any] = [event for event in events if event.is_step_up_for_retry]
    failed += [event for event in events if event.is_step_failure]
    assert len(failed) == 2
    reason = "Failure: StepCrashed: can't start '/nowhere/python': No such file or directory\n"
    for event in failed:
        assert reason in event.event_specific_data.error.to_string()


@pytest.mark.parametrize("tag", [OLD, NEW])
def test_the_tags_of_a_run_do_not_say_what_it_runs(tmp_path: Path, tag: str) -> None:
    file = deployed(tmp_path, NEW)
    job_of(file, "r").execute_in_process(
        raise_on_error=False, tags={"lolpop/package": tag, "lolpop/revision": "old"}
    )
    (found,) = tmp_path.rglob("run.json")
    assert NEW in found.read_text()
    assert OLD not in found.read_text()
