"""Environments that uv builds from a package's lock."""

from __future__ import annotations

import multiprocessing
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lolpop.contract import LockedDistribution, Manifest, from_json
from lolpop.errors import PackageError
from lolpop.package.archive import digest_of, write_zip
from lolpop.package.environments import environment
from lolpop.package.lock import platform_name, python_version
from lolpop.package.opening import Opened
from lolpop.storage import Store

WHEEL = "wheels/acme-1.0-py3-none-any.whl"


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """An opened package whose lock is one small distribution of its own."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    folder = tmp_path / "opened"
    (folder / "wheels").mkdir(parents=True)
    info = "acme-1.0.dist-info"
    files = {
        "acme.py": "VALUE = 7",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": f"acme.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n",
    }
    write_zip(folder / WHEEL, ((name, text.encode(), False) for name, text in files.items()))
    data = {
        "runner": "flow:Flow",
        "entrypoint": "run",
        "parameters": {},
        "graph": {"steps": []},
        "config": {},
        "files": [{"path": WHEEL, "size": 1, "digest": digest_of((folder / WHEEL).read_bytes())}],
        "lock": [{"name": "acme", "version": "1.0", "wheel": WHEEL}],
        "python": python_version(),
        "platform": platform_name(),
    }
    return Opened("0" * 64, folder, from_json(Manifest, data))


def store_in(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "storage"))


def says(python: Path, code: str) -> str:
    command = [python, "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_the_lock_and_nothing_else_is_in_the_environment(opened: Opened, tmp_path: Path) -> None:
    python = environment(opened, store_in(tmp_path))
    assert python.is_absolute()
    assert says(python, "import acme; print(acme.VALUE)") == "7"
    listed = "import importlib.metadata as m; print([d.name for d in m.distributions()])"
    assert says(python, listed) == "['acme']"
    version = "import sys; print('{}.{}'.format(*sys.version_info))"
    assert says(python, version) == python_version()


def test_an_environment_is_used_again_by_the_same_lock(opened: Opened, tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first = environment(opened, store)
    (first.parent / "mark").touch()
    other = replace(opened, manifest=replace(opened.manifest, entrypoint="other"))
    assert environment(other, store) == first
    assert (first.parent / "mark").exists()
    bare = replace(opened, manifest=replace(opened.manifest, lock=()))
    assert environment(bare, store) != first


def test_an_environment_that_was_left_half_built_is_built_anew(
    opened: Opened, tmp_path: Path
) -> None:
    python = environment(opened, store_in(tmp_path))
    (python.parents[1] / ".lolpop-complete").unlink()
    (python.parent / "mark").touch()
    assert environment(opened, store_in(tmp_path)) == python
    assert not (python.parent / "mark").exists()


def _build(opened: Opened, url: str, found: Any) -> None:
    python = environment(opened, Store(url))
    found.put((str(python), (python.parents[1] / ".lolpop-complete").stat().st_mtime_ns))


def test_two_that_ask_at_once_build_it_once(opened: Opened, tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    found = context.Queue()
    arguments = (opened, str(tmp_path / "storage"), found)
    processes = [context.Process(target=_build, args=arguments) for _ in range(3)]
    for process in processes:
        process.start()
    assert len({found.get(timeout=60) for _ in processes}) == 1
    for process in processes:
        process.join()


def test_a_remote_storage_has_its_environments_in_the_users_cache(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    python = environment(opened, Store("memory://environments-of-a-test"))
    assert python.is_relative_to(tmp_path / "cache" / "lolpop" / "environments")


def test_a_plugin_goes_in_besides_the_lock(
    opened: Opened, site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    origin = '{"url": "file:///x/acme_engine.whl", "archive_info": {}}'
    info = site.install("acme-engine", "Requires-Dist: acme", **{"direct_url.json": origin})
    site.record(info)
    site.record(site.install("acme"))
    bare = environment(opened, store_in(tmp_path))
    python = environment(opened, store_in(tmp_path), ["acme-engine"])
    assert python != bare
    assert says(python, "import acme, acme_engine; print(acme_engine.VALUE)") == "7"


def refusal(opened: Opened, tmp_path: Path) -> tuple[str, str]:
    with pytest.raises(PackageError) as caught:
        environment(opened, store_in(tmp_path))
    assert caught.value.hint is not None
    return caught.value.message, caught.value.hint


def test_without_uv_the_way_to_it_is_named(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lolpop.package.environments.uv_path", lambda: None)
    assert refusal(opened, tmp_path) == (
        "uv isn't installed, and an environment of the package's own needs it",
        "pip install uv, or package: {environment: current}",
    )


def test_what_uv_cannot_find_is_an_error_with_what_it_said(opened: Opened, tmp_path: Path) -> None:
    lock = (LockedDistribution("acme-nowhere", "9.9"),)
    broken = replace(opened, manifest=replace(opened.manifest, lock=lock))
    message, hint = refusal(broken, tmp_path)
    assert message.startswith("uv can't build the environment of the package: ")
    assert "acme-nowhere" in message
    assert hint.startswith("see what this says: ")
    assert not list((tmp_path / "storage").rglob(".lolpop-complete"))


def test_a_package_of_another_python_has_no_environment_here(
    opened: Opened, tmp_path: Path
) -> None:
    foreign = replace(opened, manifest=replace(opened.manifest, python="3.7"))
    assert refusal(foreign, tmp_path)[0] == (
        f"the package was made with Python 3.7 on {platform_name()},"
        f" this is Python {python_version()} on {platform_name()}"
    )


def test_an_environment_is_built_without_a_cache_of_the_users(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    python = environment(opened, store_in(tmp_path))
    assert says(python, "import acme; print(acme.VALUE)") == "7"
    assert (tmp_path / "storage/cache/uv").is_dir()
