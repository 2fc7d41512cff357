"""Wheels of the distributions that no index has."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lolpop.errors import PackageError
from lolpop.package.installed import installed_as
from lolpop.package.kept import kept
from lolpop.package.wheels import wheel_of
from lolpop.storage import Store


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))


def content(wheel: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


LOCAL = json.dumps({"url": "file:///somewhere/acme.whl", "archive_info": {}})


def test_a_local_distribution_is_packed_as_it_is_installed(site: Any) -> None:
    files = {"direct_url.json": LOCAL, "INSTALLER": "pip", "REQUESTED": ""}
    entries = "[console_scripts]\nacme = acme:main\n"
    info = site.install("Acme-Lib", **files, **{"entry_points.txt": entries})
    bin_folder = site.folder.parent / "bin"
    bin_folder.mkdir()
    (bin_folder / "acme").write_text("#!/venv/bin/python\nlauncher")
    (bin_folder / "acme-tool").write_text("#!/venv/bin/python3.11\nown script")
    (site.folder.parent / "share").mkdir()
    (site.folder.parent / "share/a.txt").write_text("data")
    site.record(info, "../bin/acme", "../bin/acme-tool", "../share/a.txt", "__pycache__/x.pyc")
    wheel = wheel_of(installed_as("acme-lib"))
    assert wheel is not None
    assert wheel.name == "Acme_Lib-1.0-py3-none-any.whl"
    found = content(wheel.content)
    assert sorted(found) == [
        "Acme_Lib-1.0.dist-info/METADATA",
        "Acme_Lib-1.0.dist-info/RECORD",
        "Acme_Lib-1.0.dist-info/WHEEL",
        "Acme_Lib-1.0.dist-info/entry_points.txt",
        "Acme_Lib.py",
        "acme_lib-1.0.data/data/share/a.txt",
        "acme_lib-1.0.data/scripts/acme-tool",
    ]
    assert found["acme_lib-1.0.data/scripts/acme-tool"] == b"#!python\nown script"
    assert b"Generator: lolpop\n" in found["Acme_Lib-1.0.dist-info/WHEEL"]
    record = found["Acme_Lib-1.0.dist-info/RECORD"].decode().splitlines()
    assert record[-1] == "Acme_Lib-1.0.dist-info/RECORD,,"
    assert f"Acme_Lib.py,sha256={_digest(b'VALUE = 7' + bytes([10]))},10" in record


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def test_a_changed_file_of_a_local_distribution_changes_its_wheel(site: Any) -> None:
    site.record(site.install("acme", **{"direct_url.json": LOCAL}))
    first = wheel_of(installed_as("acme"))
    assert wheel_of(installed_as("acme")) == first
    (site.folder / "acme.py").write_text("VALUE = 8000\n")
    assert wheel_of(installed_as("acme")) != first


def test_what_an_index_has_needs_no_wheel(site: Any) -> None:
    site.install("acme")
    assert wheel_of(installed_as("acme")) is None
    remote = json.dumps({"url": "https://x/acme.whl", "archive_info": {}})
    site.install("acme-remote", **{"direct_url.json": remote})
    assert wheel_of(installed_as("acme-remote")) is None


def test_an_installed_file_that_is_gone_is_named(site: Any) -> None:
    site.record(site.install("acme", **{"direct_url.json": LOCAL}), "acme_gone.py")
    with pytest.raises(PackageError) as caught:
        wheel_of(installed_as("acme"))
    assert caught.value.message == "acme 1.0 is installed without its file 'acme_gone.py'"
    assert caught.value.hint == "install acme again from where it came"


SOURCE = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "acme"
version = "1.0"
"""
BACKEND = """
import time, zipfile
def build_wheel(folder, settings=None, metadata=None):
    info = "acme-1.0.dist-info"
    files = {"acme.py": open("acme.py").read(), "empty.py": "", f"{info}/RECORD": "",
             f"{info}/METADATA": "Metadata-Version: 2.1\\nName: acme\\nVersion: 1.0\\n",
             f"{info}/WHEEL": f"Wheel-Version: 1.0\\nGenerator: me {time.time()}\\n"
                              "Root-Is-Purelib: true\\nTag: py2-none-any\\nTag: py3-none-any\\n"}
    with zipfile.ZipFile(f"{folder}/acme-1.0-py2.py3-none-any.whl", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return "acme-1.0-py2.py3-none-any.whl"
"""


def editable(site: Any, backend: str = BACKEND) -> Path:
    """Install a project whose back end stands in it, so that nothing is downloaded."""
    source = site.folder.parent / "source"
    source.mkdir()
    for name, text in (("pyproject.toml", SOURCE), ("backend.py", backend), ("acme.py", "A = 1")):
        (source / name).write_text(text)
    origin = {"url": source.as_uri(), "dir_info": {"editable": True}}
    site.install("acme", **{"direct_url.json": json.dumps(origin)})
    return source


def test_an_editable_distribution_is_built_by_its_back_end(site: Any) -> None:
    source = editable(site)
    wheel = wheel_of(installed_as("acme"))
    assert wheel is not None
    assert wheel.name == "acme-1.0-py2.py3-none-any.whl"
    found = content(wheel.content)
    assert (found["acme.py"], found["empty.py"]) == (b"A = 1", b"")
    (source / "backend.py").write_text("raise SystemExit('not asked again')")
    (source / "backend.py").write_text(BACKEND)
    assert wheel_of(installed_as("acme")) == wheel
    (source / "acme.py").write_text("A = 2")
    changed = wheel_of(installed_as("acme"))
    assert changed is not None
    assert content(changed.content)["acme.py"] == b"A = 2"


def test_the_same_source_gives_the_same_wheel_though_the_back_end_does_not(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    editable(site)
    first = wheel_of(installed_as("acme"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(site.folder.parent / "another-cache"))
    assert wheel_of(installed_as("acme")) == first


def test_a_back_end_that_fails_is_an_error_with_what_it_said(site: Any) -> None:
    source = editable(site, "raise SystemExit('no compiler')")
    with pytest.raises(PackageError) as caught:
        wheel_of(installed_as("acme"))
    start = f"the wheel of acme, which is installed from {str(source)!r}, can't be built: "
    assert caught.value.message.startswith(start)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("see what this says: ")
    assert caught.value.hint.endswith(str(source))
    again = subprocess.run(
        caught.value.hint.partition(": ")[2].split(), capture_output=True, text=True, check=False
    )
    assert "no compiler" in again.stderr + again.stdout


def test_an_editable_distribution_whose_folder_is_gone_is_named(site: Any) -> None:
    source = editable(site)
    source.rename(source.with_name("moved"))
    with pytest.raises(PackageError) as caught:
        wheel_of(installed_as("acme"))
    assert caught.value.message == f"acme is installed from {str(source)!r}, which is gone"
    assert caught.value.hint == "install acme again from where it is now"


def test_without_a_builder_the_way_to_one_is_named(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = editable(site)
    monkeypatch.setattr("lolpop.package.backend.uv_path", lambda: None)
    monkeypatch.setattr("lolpop.package.backend.find_spec", lambda name: None)
    with pytest.raises(PackageError) as caught:
        wheel_of(installed_as("acme"))
    assert caught.value.message == (
        f"acme is installed from {str(source)!r}, and neither uv nor pip is there to build it"
    )
    assert caught.value.hint == "pip install uv"


def test_pip_builds_where_there_is_no_uv(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    editable(site)
    first = wheel_of(installed_as("acme"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(site.folder.parent / "another-cache"))
    monkeypatch.setattr("lolpop.package.backend.uv_path", lambda: None)
    assert wheel_of(installed_as("acme")) == first


def test_a_cache_that_cannot_be_written_is_no_failure(
    site: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("lolpop.package.kept.cache_folder", lambda store: tmp_path / "file")
    site.record(site.install("acme", **{"direct_url.json": LOCAL}))
    wheel = wheel_of(installed_as("acme"))
    assert wheel is not None
    assert kept("none", lambda: wheel) is wheel


def test_wheels_are_kept_beside_the_storage_where_the_user_has_no_cache(
    site: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    editable(site)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    store = Store(str(tmp_path / "storage"))
    wheel = wheel_of(installed_as("acme"), store)
    monkeypatch.setattr("lolpop.package.backend.uv_path", lambda: "/no such program")
    assert wheel_of(installed_as("acme"), store) == wheel
    assert list((tmp_path / "storage/cache/wheels").glob("*/*.whl"))
