"""Which of a project's files go into its package."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lolpop.package.archive import key_of
from lolpop.package.building import adopt
from lolpop.package.listing import listed
from lolpop.storage import Store


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


PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
LETTERS = ["thin\u2009space", PERSIAN, "👩\u200d🔬", "nb\xa0sp", "全\u3000角"]


@pytest.mark.parametrize("name", [*LETTERS, "c:d", "soft\xadhyphen", "line\u2028end", "\ue000"])
def test_names_of_every_language_are_packaged_and_opened(project: Any, name: str) -> None:
    for path in (f"{name}.txt", f"{name}/{name}.csv"):
        project.write(path, path)
    git(project)
    package = project.package()
    paths = {f"project/{name}.txt", f"project/{name}/{name}.csv"}
    assert paths <= {file.path for file in package.manifest.files}
    opened = project.opened(package)
    assert (opened.project / name / f"{name}.csv").read_text() == f"{name}/{name}.csv"
    file = project.folder.parent / "storage" / key_of(package.digest)
    assert adopt(file, Store(str(project.folder.parent / "other"))).digest == package.digest


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a\\b", "a backslash is in its name, which other systems take for the end of a folder's"),
        ("line\nend", "a control character is in its name"),
        ("next\x85line", "a control character is in its name"),
        ("\udcff", "its name has bytes that aren't UTF-8"),
    ],
)
def test_a_name_that_no_package_can_have_is_refused(project: Any, name: str, why: str) -> None:
    (project.folder / f"{name}.txt").write_bytes(b"")
    hint = "rename it, or leave it out with package.exclude"
    assert project.refusal() == (f"{f'{name}.txt'!r} can't be packaged: {why}", hint)
    project.yaml("package: {exclude: ['*.txt']}")
    assert project.paths() == ["flow.py"]


@pytest.mark.parametrize(
    ("part", "count", "why"),
    [("x", 201, "it lies in 201 folders, more than 200"), ("x" * 250, 12, "it has 3013 bytes,")],
)
def test_a_tree_that_is_too_deep_is_refused(project: Any, part: str, count: int, why: str) -> None:
    with contextlib.chdir(project.folder):
        for _ in range(count):
            Path(part).mkdir()
            os.chdir(part)
        Path("a").touch()
    message, hint = project.refusal()
    assert message.partition(" can't be packaged: ")[2].startswith(why)
    assert hint == "rename it, or leave it out with package.exclude"
    project.yaml("package: {exclude: ['x*']}")
    assert project.paths() == ["flow.py"]


def test_a_tree_that_no_path_reaches_is_refused(project: Any) -> None:
    with contextlib.chdir(project.folder):
        for _ in range(2500):
            Path("x").mkdir()
            os.chdir("x")
        Path("a").touch()
    shown = "…" + "/x" * 30
    message, _ = project.refusal()
    assert message.startswith(f"{shown!r} can't be packaged: it has ")
    subprocess.run(["rm", "-r", "x"], cwd=project.folder, check=True)


def test_what_is_no_ordinary_file_is_named(project: Any) -> None:
    os.mkfifo(project.folder / "pipe")
    (project.folder / "to pipe").symlink_to("pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
    (project.folder / "empty").mkdir()
    assert project.paths() == ["flow.py"]
    assert project.package().warnings == (
        "'pipe' is a named pipe: it is left out",
        "'socket' is a socket: it is left out",
        "'to pipe' is a named pipe: it is left out",
    )
    project.yaml("package: {exclude: ['*pipe', socket]}")
    assert project.package().warnings == ()


@pytest.mark.parametrize("in_git", [False, True])
def test_a_folder_that_cannot_be_listed_is_refused(
    project: Any, monkeypatch: pytest.MonkeyPatch, in_git: bool
) -> None:
    project.write("locked/a.txt")
    if in_git:
        git(project)
        said = b"warning: could not open directory 'locked/': Permission denied\n"
        found = subprocess.CompletedProcess([], 0, b"flow.py\0lolpop.yaml\0", said)
        prefix = subprocess.CompletedProcess([], 0, b"", b"")
        monkeypatch.setattr(
            "lolpop.package.listing._git",
            lambda _, verb, *more: prefix if "-" in verb[:4] else found,
        )
    monkeypatch.setattr("lolpop.package.listing.os.scandir", _closed)
    assert project.refusal() == (
        "can't list the folder 'locked'",
        "let yourself read it, or leave it out: package: {exclude: [locked]}",
    )
    project.yaml("package: {exclude: [locked]}")
    assert "flow.py" in project.paths()


SCANDIR = os.scandir


def _closed(path: str) -> Any:
    if str(path).endswith("locked"):
        raise PermissionError(13, "Permission denied", path)
    return SCANDIR(path)


@pytest.mark.parametrize("emptied", [True, False])
def test_a_submodule_that_is_not_checked_out_is_named(project: Any, emptied: bool) -> None:
    git(project)
    _submodule(project.folder, "module")
    (project.folder / "module").mkdir() if emptied else None
    assert project.package().warnings == (
        "'module' is a submodule of git that isn't checked out: `git submodule update --init`",
    )
    project.yaml("package: {exclude: [module]}")
    assert project.package().warnings == ()


def test_a_submodule_that_was_filled_without_git_goes_in(project: Any) -> None:
    git(project)
    _submodule(project.folder, "module")
    project.write("module/a.txt")
    assert project.paths() == [".gitignore", "flow.py", "module/a.txt"]
    assert project.package().warnings == ()


def test_a_submodule_within_one_is_named_by_its_whole_path(project: Any) -> None:
    git(project)
    project.write("outer/a.txt")
    subprocess.run(["git", "init", "-q"], cwd=project.folder / "outer", check=True)
    _submodule(project.folder / "outer", "inner")
    assert project.package().warnings == (
        "'outer/inner' is a submodule of git that isn't checked out: `git submodule update --init`",
    )


def _submodule(folder: Path, name: str) -> None:
    """Let git know of a submodule; nothing is checked out."""
    entry = f"160000,{'1' * 40},{name}"
    command = ["git", "update-index", "--add", "--cacheinfo", entry]
    subprocess.run(command, cwd=folder, check=True)


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
