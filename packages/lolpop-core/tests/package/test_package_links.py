"""Links in a project are followed, and what isn't followed is named."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest


def link(project: Any, name: str, target: str | Path) -> None:
    path = project.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def git(project: Any, *ignored: str) -> None:
    project.write(".gitignore", "\n".join(ignored))
    subprocess.run(["git", "init", "-q"], cwd=project.folder, check=True)


def test_a_link_inside_the_project_is_followed(project: Any) -> None:
    project.write("data/deep/a.txt", "text")
    (project.folder / "data/self").symlink_to("..")
    (project.folder / "file.txt").symlink_to("data/deep/a.txt")
    (project.folder / "folder").symlink_to(project.folder / "data")
    (project.folder / "broken").symlink_to("nothing")
    paths = project.paths()
    assert [path for path in paths if "self" not in path] == [
        *("data/deep/a.txt", "file.txt", "flow.py", "folder/deep/a.txt")
    ]
    assert "data/self/flow.py" in paths
    assert (project.opened().project / "folder/deep/a.txt").read_text() == "text"


def test_a_link_to_what_is_ignored_is_followed(project: Any) -> None:
    git(project, "cache/")
    project.write("cache/a.txt", "text")
    (project.folder / "a.txt").symlink_to("cache/a.txt")
    assert project.paths() == [".gitignore", "a.txt", "flow.py"]


@pytest.mark.parametrize("target", ["secrets.txt", "folder"])
def test_a_link_out_of_the_project_is_refused_by_name(
    project: Any, tmp_path: Path, target: str
) -> None:
    (tmp_path / "folder").mkdir()
    link(project, "data", tmp_path / target)
    assert project.refusal() == (
        f"'data' is a link to {str(tmp_path / target)!r}, outside of the project folder",
        "copy it into the project, or leave it out: package: {exclude: [data]}",
    )
    project.yaml("package: {exclude: [data]}")
    assert project.paths() == ["flow.py"]


def test_links_inside_linked_folders_are_followed(project: Any) -> None:
    project.write("module_a/a.py", "a")
    project.write("module_b/b.py", "b")
    link(project, "module_b/module_a", "../module_a")
    link(project, "app/module_b", "../module_b")
    link(project, "again", "app")
    assert project.paths() == [
        *("again/module_b/b.py", "again/module_b/module_a/a.py"),
        *("app/module_b/b.py", "app/module_b/module_a/a.py"),
        *("flow.py", "module_a/a.py", "module_b/b.py", "module_b/module_a/a.py"),
    ]
    opened = project.opened()
    assert (opened.project / "again/module_b/module_a/a.py").read_text() == "a"
    assert project.package().warnings == ()


def test_a_file_that_several_links_lead_to_goes_in_under_each_name(project: Any) -> None:
    project.write("data/a.csv", "a")
    link(project, "data/latest.csv", "a.csv")
    link(project, "data/newest.csv", "latest.csv")
    link(project, "copy", "data")
    names = ("a.csv", "latest.csv", "newest.csv")
    expected = {f"{folder}/{name}" for folder in ("copy", "data") for name in names}
    assert set(project.paths()) == {*expected, "flow.py"}


def test_folders_that_link_to_each_other_end(project: Any) -> None:
    project.write("a/a.py")
    project.write("b/b.py")
    link(project, "a/b", "../b")
    link(project, "b/a", "../a")
    assert project.paths() == [
        *("a/a.py", "a/b/a/a.py", "a/b/b.py"),
        *("b/a/a.py", "b/a/b/b.py", "b/b.py", "flow.py"),
    ]
    assert project.package().warnings == (
        "'a/b/a/b' is a link back to 'b', which it lies in: it is left out",
        "'b/a/b/a' is a link back to 'a', which it lies in: it is left out",
    )


def test_links_that_multiply_beyond_measure_are_refused(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lolpop.package.links._MOST", 1000)
    for one in range(9):
        project.write(f"{one}/file")
        for other in range(9):
            link(project, f"{one}/to{other}", f"../{other}")
    message, hint = project.refusal()
    assert message.startswith("links lead to more than 1,000 files, such as '0/to")
    assert hint == "leave out those that lead to each other: package: {exclude: […]}"


def test_links_that_lead_nowhere_are_named(project: Any) -> None:
    project.write("data/a.csv")
    link(project, "gone", "nothing/at all")
    link(project, "data/gone", "a.csv/b")
    link(project, "self", "self")
    link(project, "round", "trip")
    link(project, "trip", "round")
    link(project, "linked", "data")
    assert project.paths() == ["data/a.csv", "flow.py", "linked/a.csv"]
    assert project.package().warnings == (
        "'data/gone' is a link to 'a.csv/b', which isn't there: it is left out",
        "'gone' is a link to 'nothing/at all', which isn't there: it is left out",
        "'round' is a link that leads to itself: it is left out",
        "'self' is a link that leads to itself: it is left out",
        "'trip' is a link that leads to itself: it is left out",
    )
    project.yaml("package: {exclude: [gone, data/gone, round, self, trip]}")
    assert project.package().warnings == ()


def test_a_link_to_a_folder_that_git_ignores_is_followed(project: Any) -> None:
    git(project, "cache/", "*.tmp")
    for name in ("cache/a.txt", "cache/deep/b.txt", "cache/__pycache__/c.pyc", "own/d.txt"):
        project.write(name, name)
    project.write("own/e.tmp")
    link(project, "data", "cache")
    link(project, "mine", "own")
    assert project.paths() == [
        *(".gitignore", "data/a.txt", "data/deep/b.txt", "flow.py", "mine/d.txt", "own/d.txt")
    ]


def test_what_is_excluded_is_left_out_beneath_links_too(project: Any) -> None:
    for name in ("data/a.csv", "data/b.csv", "data/c.csv"):
        project.write(name)
    link(project, "linked", "data")
    project.yaml("package: {exclude: [data/a.csv, linked/b.csv]}")
    assert project.paths() == ["data/b.csv", "data/c.csv", "flow.py", "linked/c.csv"]


def test_what_is_included_goes_in_beneath_links_too(project: Any) -> None:
    git(project, "*.csv")
    project.write("data/a.csv")
    project.write("data/b.txt")
    link(project, "linked", "data")
    project.yaml("package: {include: [data/a.csv]}")
    assert {"linked/a.csv", "linked/b.txt"} <= set(project.paths())


def test_an_include_that_goes_through_a_link_stays_in_the_project(
    project: Any, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/secrets.txt").write_text("x")
    git(project, "/link")
    link(project, "link", tmp_path / "out")
    project.yaml("package: {include: [link/secrets.txt]}")
    assert project.refusal() == (
        f"'link/secrets.txt' is a link to {str(tmp_path / 'out/secrets.txt')!r}, outside of the"
        " project folder",
        "copy it into the project, or leave it out: package: {exclude: [link/secrets.txt]}",
    )


def test_a_link_out_of_the_project_beneath_a_link_is_named_where_it_is_seen(
    project: Any, tmp_path: Path
) -> None:
    git(project, "cache/")
    link(project, "cache/big", tmp_path)
    link(project, "data", "cache")
    assert project.refusal() == (
        f"'data/big' is a link to {str(tmp_path)!r}, outside of the project folder",
        "copy it into the project, or leave it out: package: {exclude: [data/big]}",
    )
    project.yaml("package: {exclude: [data/big]}")
    assert project.paths() == [".gitignore", "flow.py"]


@pytest.mark.parametrize("folder", [".venv", "node_modules", ".lolpop", ".git/objects", "kept"])
def test_a_link_to_a_folder_that_never_goes_in_is_named(project: Any, folder: str) -> None:
    project.write(f"{folder}/a.txt")
    link(project, "linked", folder)
    project.store = type(project.store)(str(project.folder / "kept"))
    assert project.paths() == ["flow.py"]
    assert project.package().warnings == (
        f"'linked' is a link to {folder!r}, which isn't packaged: it is left out",
    )


def test_a_link_that_cannot_be_followed_is_refused(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("a.txt")
    link(project, "b.txt", "a.txt")

    def refuse(path: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr("lolpop.package.links.os", _Os(refuse))
    assert project.refusal() == ("can't read 'b.txt': Permission denied", None)


class _Os:
    """The module `os`, with a `stat` of its own."""

    def __init__(self, stat: Any) -> None:
        self.stat = stat

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)
