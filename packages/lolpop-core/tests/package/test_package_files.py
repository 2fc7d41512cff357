"""Which of a project's files go into its package."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lolpop.package.listing import listed


def git(project: Any, *ignored: str) -> None:
    """Make the project a git repository that ignores some of it."""
    project.write(".gitignore", "\n".join(ignored))
    subprocess.run(["git", "init", "-q"], cwd=project.folder, check=True)


def test_without_git_all_files_but_the_usual_junk_go_in(project: Any) -> None:
    for name in ("a.txt", "data/b.csv", ".hidden", ".github/c.yml"):
        project.write(name, "x")
    junk = ("__pycache__/d.pyc", "node_modules/e.js", "x.egg-info/f", ".env", ".env.local")
    for name in (*junk, ".mypy_cache/g", ".nox/h", ".DS_Store", "data/.venv/i", "env/pyvenv.cfg"):
        project.write(name, "x")
    project.write("env/lib/site.py")
    assert project.paths() == [".github/c.yml", ".hidden", "a.txt", "data/b.csv", "flow.py"]


def test_with_git_what_it_ignores_stays_out(project: Any) -> None:
    git(project, "*.csv", "out/")
    for name in ("a.csv", "b.txt", "out/c.txt", "deep/d.csv", "deep/e.txt"):
        project.write(name, "x")
    assert project.paths() == [".gitignore", "b.txt", "deep/e.txt", "flow.py"]


def test_a_tracked_file_that_git_ignores_goes_in(project: Any) -> None:
    git(project, "*.csv")
    project.write("a.csv")
    subprocess.run(["git", "add", "-f", "a.csv"], cwd=project.folder, check=True)
    assert "a.csv" in project.paths()


def test_a_tracked_file_that_was_deleted_is_passed_over(project: Any) -> None:
    git(project)
    path = project.write("gone.txt")
    subprocess.run(["git", "add", "gone.txt"], cwd=project.folder, check=True)
    path.unlink()
    assert project.paths() == [".gitignore", "flow.py"]


def test_a_project_inside_a_repository_has_only_its_own_files(project: Any) -> None:
    outer = project.folder.parent
    subprocess.run(["git", "init", "-q"], cwd=outer, check=True)
    (outer / ".gitignore").write_text("*.csv")
    (outer / "outside.txt").write_text("x")
    project.write("a.csv")
    assert project.paths() == ["flow.py"]


def test_a_project_that_an_outer_repository_ignores_is_packaged_all_the_same(
    project: Any,
) -> None:
    subprocess.run(["git", "init", "-q"], cwd=project.folder.parent, check=True)
    (project.folder.parent / ".gitignore").write_text("project/")
    assert project.paths() == ["flow.py"]


def test_a_repository_within_gives_what_it_does_not_ignore(project: Any) -> None:
    git(project)
    project.write("inner/a.txt")
    project.write("inner/b.csv")
    project.write("inner/.gitignore", "*.csv")
    subprocess.run(["git", "init", "-q"], cwd=project.folder / "inner", check=True)
    assert project.paths() == [".gitignore", "flow.py", "inner/.gitignore", "inner/a.txt"]


def test_variables_that_git_sets_in_its_hooks_change_nothing(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(project, "*.csv")
    project.write("a.csv")
    monkeypatch.setenv("GIT_DIR", str(project.folder.parent / "elsewhere"))
    assert project.paths() == [".gitignore", "flow.py"]


def test_a_repository_that_git_refuses_is_an_error(project: Any) -> None:
    git(project)
    (project.folder / ".git" / "config").write_text("[broken")
    message, hint = project.refusal()
    assert message == (
        f"git can't list the files of {str(project.folder)!r}:"
        " fatal: bad config line 2 in file .git/config"
    )
    assert hint == "`git status` there says more"


def test_without_the_command_git_the_folder_is_walked(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(project, "*.csv")
    project.write("a.csv")
    monkeypatch.setenv("PATH", "")
    assert listed(project.folder) == [".gitignore", "a.csv", "flow.py", "lolpop.yaml"]


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        ("include: [data/a.csv]", {"data/a.csv"}),
        ("include: ['data/*.csv']", {"data/a.csv", "data/b.csv"}),
        ("include: ['**/*.csv']", {"data/a.csv", "data/b.csv", "data/deep/c.csv", "top.csv"}),
        ("include: ['*.csv']", {"top.csv"}),
        ("include: [./data/]", {"data/a.csv", "data/b.csv", "data/deep/c.csv"}),
        ("include: ['data/?.csv', 'data/[!a].csv']", {"data/a.csv", "data/b.csv"}),
        ("include: ['data/[ab].csv'], exclude: [data]", {"data/a.csv", "data/b.csv"}),
        ("exclude: ['data/*']", set()),
    ],
)
def test_globs_start_at_the_project_folder_and_include_wins(
    project: Any, globs: str, expected: set[str]
) -> None:
    git(project, "*.csv")
    for name in ("data/a.csv", "data/b.csv", "data/deep/c.csv", "top.csv"):
        project.write(name)
    project.yaml(f"package: {{{globs}}}")
    assert set(project.paths()) - {".gitignore", "flow.py"} == expected


def test_exclude_leaves_out_files_and_whole_folders(project: Any) -> None:
    for name in ("a.txt", "notes/b.txt", "notes/deep/c.txt", "keep/a.txt"):
        project.write(name)
    project.yaml("package: {exclude: [notes, a.txt]}")
    assert project.paths() == ["flow.py", "keep/a.txt"]


def test_include_brings_in_junk_but_never_a_repository_of_git(project: Any) -> None:
    git(project)
    project.write("node_modules/a.js")
    project.yaml("package: {include: [node_modules, .git]}")
    assert project.paths() == [".gitignore", "flow.py", "node_modules/a.js"]


def test_an_include_that_matches_nothing_is_a_warning(project: Any) -> None:
    project.yaml("package: {include: ['data/*.cvs']}")
    assert project.package().warnings == ("'data/*.cvs' in package.include matches no file",)


@pytest.mark.parametrize("glob", ["../data", "/etc/passwd", "~/data", "a/../../b"])
def test_a_glob_that_leaves_the_project_is_refused(project: Any, glob: str) -> None:
    project.yaml(f"package: {{include: ['{glob}']}}")
    assert project.refusal() == (
        f"{glob!r} in package.include or package.exclude leaves the project folder",
        "globs start at the project folder: data/*.csv, **/*.csv",
    )


def test_the_storage_never_goes_in(project: Any) -> None:
    project.store = type(project.store)(str(project.folder / "kept"))
    project.write("kept/packages/a.zip")
    project.yaml("package: {include: [kept, '**/*.zip']}")
    assert project.paths() == ["flow.py"]


def test_configuration_files_stay_out_and_so_do_those_of_other_orchestrators(
    project: Any,
) -> None:
    project.write("local.yaml", "decorators: {orchestrator: LocalOrchestrator}")
    project.write("airflow.yaml", "decorators: {orchestrator: AirflowOrchestrator}")
    project.write("other.yml", "orchestrator: {config: {work_pool: lab}}")
    project.write("model.yaml", "layers: 3  # for whatever orchestrator")
    project.write("broken.yaml", "orchestrator: [")
    package = project.package("lolpop.yaml", "local.yaml")
    paths = {file.path for file in package.manifest.files}
    assert {path for path in paths if path.endswith((".yaml", ".yml"))} == {
        "config.yaml",
        "project/broken.yaml",
        "project/model.yaml",
    }


def test_the_executable_bit_is_kept(project: Any) -> None:
    project.write("run.sh").chmod(0o755)
    files = {file.path: file.executable for file in project.package().manifest.files}
    assert (files["project/run.sh"], files["project/flow.py"]) == (True, False)
    opened = project.opened()
    assert os.access(opened.project / "run.sh", os.X_OK)
    assert (opened.project / "flow.py").stat().st_mode & 0o777 == 0o644


def test_names_keep_their_case_and_their_letters(project: Any) -> None:
    names = ["A.txt", "a.txt", "über.txt", "u\u0308ber.txt", "日本/語.txt", "with space.txt"]
    for name in names:
        project.write(name, name)
    git(project)
    assert set(names) <= set(project.paths())
    opened = project.opened()
    assert [(opened.project / name).read_text() for name in names] == names


@pytest.mark.parametrize("name", ["a\\b.txt", "c:d.txt", "line\nend.txt", "\udcff.txt"])
def test_a_name_that_cannot_be_unpacked_everywhere_is_refused(project: Any, name: str) -> None:
    (project.folder / name).write_bytes(b"")
    assert project.refusal() == (
        f"{name!r} can't be packaged: a backslash, a control character, bytes that aren't"
        " UTF-8, or a drive letter is in its name",
        "rename it, or leave it out with package.exclude",
    )
    project.yaml("package: {exclude: ['*.txt']}")
    assert project.paths() == ["flow.py"]


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
    (project.folder / "data").symlink_to(tmp_path / target)
    assert project.refusal() == (
        f"'data' is a link to {str(tmp_path / target)!r}, outside of the project folder",
        "copy it into the project, or leave it out: package: {exclude: [data]}",
    )
    project.yaml("package: {exclude: [data]}")
    assert project.paths() == ["flow.py"]


def test_what_is_no_ordinary_file_is_passed_over(project: Any) -> None:
    os.mkfifo(project.folder / "pipe")
    (project.folder / "empty").mkdir()
    assert project.paths() == ["flow.py"]


def test_a_file_over_ten_megabytes_is_named(project: Any) -> None:
    with (project.folder / "big.bin").open("wb") as file:
        file.truncate(12_000_000)
    expected = ("'project/big.bin' has 12.0 MB: leave out what no step reads",)
    assert project.package().warnings == expected


def test_a_package_over_a_hundred_megabytes_names_its_largest_files(project: Any) -> None:
    for number in range(11):
        with (project.folder / f"{number}.bin").open("wb") as file:
            file.truncate(9_500_000 + number)
    (warning,) = project.package().warnings
    assert warning.partition(" MB in all")[2] == (
        "; its largest files are 'project/10.bin' (9.5 MB), 'project/9.bin' (9.5 MB),"
        " 'project/8.bin' (9.5 MB)"
    )
    assert warning.startswith("the package has 10")


def test_a_package_over_two_gigabytes_is_refused(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lolpop.package.building.LARGEST", 4_000_000)
    with (project.folder / "big.bin").open("wb") as file:
        file.truncate(5_000_000)
    message, hint = project.refusal()
    assert message.partition(", more than ")[2] == (
        "4.0 MB; its largest file is 'project/big.bin' with 5.0 MB"
    )
    assert hint == "leave large data out with package.exclude, and read it from where it is"


def test_a_file_that_cannot_be_read_is_named(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project.write("locked.txt")
    monkeypatch.setattr("lolpop.package.contents.FileIO", _refusing)
    assert project.refusal() == (f"can't read {str(path.parent / 'flow.py')!r}: no right", None)


def _refusing(path: str) -> None:
    raise PermissionError(13, "no right", path)


def test_a_file_that_changes_while_it_is_packaged_is_refused(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lolpop.package.contents._KEPT", 0)
    path = project.write("log.txt")
    monkeypatch.setattr("lolpop.package.contents.digest_of", lambda content: os.urandom(32).hex())
    message, hint = project.refusal()
    assert message == f"{str(path.parent / 'flow.py')!r} was changed while it was packaged"
    assert hint == "package again"
