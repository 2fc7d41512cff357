"""What the step command refuses before anything is recorded: each message, and exit code 65."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lolpop.contract import canonical_json, from_json
from lolpop.contract.packages import Manifest
from lolpop.package.archive import MANIFEST, digest_of, key_of, write_zip
from lolpop.package.lock import platform_name
from lolpop.storage import Store
from lolpop.storage.records import Runs

HOST = socket.gethostname()
HELP = " (`python -m lolpop.execution run --help` lists the arguments)\n"
NEEDED = ["--storage=/s", "--package=p", "--deployment=d", "--run=r", "--step=s"]


def said(*arguments: str, parameters: str = "") -> str:
    """Give what a refused step command says."""
    done = subprocess.run(
        [sys.executable, "-m", "lolpop.execution", *arguments],
        input=parameters,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (65, "")
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected 'run', found nothing"),
        (["go"], "expected 'run', found 'go'"),
        (
            ["run", "--storage=/s"],
            "the following arguments are required: --package, --deployment, --run, --step",
        ),
        (["run", *NEEDED, "--attempt=x"], "argument --attempt: invalid int value: 'x'"),
        (["run", *NEEDED, "--timeout=soon"], "argument --timeout: invalid float value: 'soon'"),
        (["run", *NEEDED, "--deco=f"], "unrecognized arguments: --deco=f"),
    ],
)
def test_wrong_arguments(arguments: list[str], message: str) -> None:
    assert said(*arguments) == f"UsageError: {message}{HELP}"


def test_parameters_that_are_none(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.json")
    assert said("run", *NEEDED, f"--parameters={missing}") == (
        f"UsageError: the parameters in {missing!r} can't be read: No such file or directory\n"
    )
    assert said("run", *NEEDED, parameters="[1]") == (
        "UsageError: the parameters in '-' aren't a JSON object but list\n"
    )
    assert said("run", *NEEDED, parameters="{a: 1}") == (
        "UsageError: the parameters in '-' aren't JSON:"
        " Expecting property name enclosed in double quotes: line 1 column 2 (char 1)\n"
    )


def test_help_says_what_the_exit_codes_mean() -> None:
    command = [sys.executable, "-m", "lolpop.execution"]
    for arguments in (["--help"], ["run", "--help"]):
        done = subprocess.run([*command, *arguments], capture_output=True, text=True)
        assert done.returncode == 0
        found = re.sub(r"\s+", " ", done.stdout)
        assert found.endswith(
            "Exit codes: 0 succeeded, 1 failed, 64 failed and not to be retried, 65 refused"
            " before it began, 124 took too long, 128 and the number of the signal that ended it. "
        )


def test_a_storage_that_is_not_there(steps: Any, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    assert steps.call(storage=missing) == (
        65,
        f"StorageError: there is no folder {missing!r} on host {HOST!r}"
        " (a folder as storage must be there on every host that runs steps)\n",
    )
    assert not Path(missing).exists()


def test_a_storage_that_is_none(steps: Any) -> None:
    assert steps.call(storage="relative") == (
        65,
        "UsageError: the storage 'relative' is neither an absolute path nor a URL\n",
    )
    assert steps.call(storage="nothing://there") == (
        65,
        f"StorageError: the storage 'nothing://there' can't be used from host {HOST!r}:"
        " ValueError: Protocol not known: nothing"
        " (see that it exists and that this host may use it)\n",
    )


def test_an_unknown_package(steps: Any) -> None:
    assert steps.call(package="abc") == (
        65,
        f"NotFoundError: there is no package 'abc' in {str(steps.storage)!r}"
        " (`lolpop deployment package` makes it again from the same content)\n",
    )
    assert Runs(Store(str(steps.storage))).find(steps.ref) is None


@pytest.mark.parametrize(
    ("step", "hint"),
    [("work.dp", "did you mean 'work.do'?"), ("nothing", "it has work.do, work.end")],
)
def test_an_unknown_step(steps: Any, step: str, hint: str) -> None:
    expected = f"NotFoundError: package {steps.package[:12]} has no step {step!r} ({hint})\n"
    assert steps.call(step=step) == (65, expected)
    assert Runs(Store(str(steps.storage))).find(steps.ref) is None


def test_a_package_of_another_interpreter(steps: Any) -> None:
    store = Store(str(steps.storage))
    with zipfile.ZipFile(steps.storage / key_of(steps.package)) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    found = json.loads(content[MANIFEST]) | {"python": "3.99"}
    content[MANIFEST] = canonical_json(from_json(Manifest, found))
    digest = digest_of(content[MANIFEST])
    with store.scratch() as draft:
        write_zip(draft, [(name, data, False) for name, data in content.items()])
        store.adopt(draft, key_of(digest))
    here = "{}.{}".format(*sys.version_info)
    assert steps.call(package=digest) == (
        65,
        f"PackageError: the package was made with Python 3.99 on {platform_name()},"
        f" this is Python {here} on {platform_name()}"
        " (package again with the Python, and on the platform, that run the steps)\n",
    )


def test_parameters_that_do_not_fit(steps: Any) -> None:
    code, text = steps.call(parameters={"how": 1})
    assert (code, text.splitlines()[-1]) == (65, steps.attempts()[0].error)
    error = "UsageError: argument 'how' of Flow.run: input should be a valid string, got 1"
    assert steps.attempts()[0].error == error
