"""The lock, and the wheels of what no index has."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from lolpop.errors import PackageError
from lolpop.package.lock import closure
from lolpop.package.requirements import Required, required_by

MARKERS = """
Requires-Dist: acme-yes; python_version >= '3'
Requires-Dist: acme-no; python_version < '3'
Requires-Dist: acme-extra[deep]; extra == 'more'
Requires-Dist: acme-never; extra == 'other'
Requires-Dist: not a requirement
"""


def names(*requirements: str) -> list[str]:
    found = closure([Required(Requirement(text), "pyproject.toml") for text in requirements])
    return [f"{each.name} {each.version}" for each in found]


def refusal(*requirements: str) -> tuple[str, str | None]:
    with pytest.raises(PackageError) as caught:
        names(*requirements)
    return caught.value.message, caught.value.hint


def test_the_closure_follows_markers_and_extras(site: Any) -> None:
    site.install("Acme.Top", MARKERS)
    site.install("acme-yes", "Requires-Dist: acme-top")
    site.install("acme-extra", "Requires-Dist: acme-deep; extra == 'deep'", "2.0rc1")
    site.install("acme-deep")
    assert names("acme_top") == ["acme-top 1.0", "acme-yes 1.0"]
    assert names("acme-top[more]>=1; python_version > '3'") == [
        *("acme-deep 1.0", "acme-extra 2.0rc1", "acme-top 1.0", "acme-yes 1.0")
    ]
    assert names("acme-no; python_version < '3'") == []


def test_an_extra_of_what_was_found_before_is_followed_too(site: Any) -> None:
    site.install("acme", "Requires-Dist: acme-deep; extra == 'deep'")
    site.install("acme-deep")
    assert names("acme", "acme[deep]") == names("acme[deep]", "acme")


def test_a_requirement_that_is_not_installed_is_named(site: Any) -> None:
    assert refusal("acme[x]>=2,<3; python_version > '3'") == (
        "'acme[x]<3,>=2' isn't installed, and pyproject.toml requires it",
        "pip install 'acme[x]<3,>=2'",
    )
    site.install("acme-top", "Requires-Dist: acme-gone")
    assert refusal("acme-top") == (
        "'acme-gone' isn't installed, and acme-top 1.0 requires it",
        "pip install acme-gone",
    )


def test_another_version_than_required_is_refused(site: Any) -> None:
    site.install("acme", version="1.5")
    assert refusal("acme>=2") == (
        "acme 1.5 is installed, and pyproject.toml requires 'acme>=2'",
        "pip install 'acme>=2'",
    )


def required(folder: Path, file: str | None = None) -> list[tuple[str, str]]:
    found = [(str(each.requirement), each.source) for each in required_by(folder, file)]
    # Older releases of packaging write no space before the address.
    return [(name.replace("x@ ", "x @ "), source) for name, source in found]


def test_a_requirements_file_is_read_with_those_it_names(tmp_path: Path) -> None:
    (tmp_path / "deps").mkdir()
    (tmp_path / "deps/all.txt").write_text(
        "# comment\n--index-url https://x/simple\n-r more.txt\n\n"
        "pandas >= 2 \\\n    --hash=sha256:abc\nnumpy  # why\nx @ https://y/z#sha=1\n"
    )
    (tmp_path / "deps/more.txt").write_text("-c constraints.txt\nrich\n-r all.txt\n")
    assert required(tmp_path, "deps/all.txt") == [
        ("rich", "deps/more.txt:2"),
        ("pandas>=2", "deps/all.txt:6"),
        ("numpy", "deps/all.txt:7"),
        ("x @ https://y/z#sha=1", "deps/all.txt:8"),
    ]


def test_without_a_requirements_file_the_project_table_counts(tmp_path: Path) -> None:
    assert required(tmp_path) == []
    (tmp_path / "pyproject.toml").write_text("[tool.x]\n")
    assert required(tmp_path) == []
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['rich>=1']\n")
    assert required(tmp_path) == [("rich>=1", "pyproject.toml")]


@pytest.mark.parametrize(
    ("name", "text", "message", "hint"),
    [
        (
            "pyproject.toml",
            "[project]\ndependencies = ['./lib']",
            "pyproject.toml: './lib' names no distribution",
            "write its name, or NAME @ URL",
        ),
        (
            "requirements.txt",
            "rich\n-e ./lib\n",
            "requirements.txt:2: '-e ./lib' names no distribution",
            "write its name, or NAME @ URL",
        ),
        (
            "requirements.txt",
            "-r none.txt",
            "can't read the requirements 'none.txt': No such file or directory",
            "package.requirements starts at the project folder",
        ),
        (
            "pyproject.toml",
            "[broken",
            "can't read 'pyproject.toml': Expected ']' at the end of a table declaration"
            " (at end of document)",
            None,
        ),
    ],
)
def test_requirements_that_cannot_be_read_are_refused(
    tmp_path: Path, name: str, text: str, message: str, hint: str | None
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(PackageError) as caught:
        required_by(tmp_path, name if name.endswith(".txt") else None)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def lock(project: Any) -> dict[str, str]:
    return {each.name: each.version for each in project.package().manifest.lock}


def test_the_core_is_in_every_lock_with_this_python_and_platform(project: Any) -> None:
    manifest = project.package().manifest
    locked = {each.name: each.version for each in manifest.lock}
    assert locked["lolpop-core"] == metadata.version("lolpop-core")
    assert locked["pyyaml"] == metadata.version("pyyaml")
    assert [each.name for each in manifest.lock] == sorted(locked)
    assert manifest.python == "{}.{}".format(*sys.version_info)
    assert manifest.platform.startswith(("linux-", "macosx-"))


def test_the_projects_requirements_are_in_it(project: Any, site: Any) -> None:
    site.install("acme-lib", version="3.1")
    project.write("pyproject.toml", "[project]\ndependencies = ['acme-lib>=3']\n")
    assert lock(project)["acme-lib"] == "3.1"
    project.write("reqs.txt", "pluggy\n")
    project.yaml("package: {requirements: reqs.txt}")
    assert "acme-lib" not in lock(project)


def test_plugins_that_deploy_are_not_in_it(project: Any, site: Any) -> None:
    for name, group in (("acme-engine", "orchestrators"), ("acme-extension", "extensions")):
        entries = f"[lolpop.{group}]\nAcme = acme:Acme\n"
        site.install(name, "Requires-Dist: acme-gone", **{"entry_points.txt": entries})
    required = "['acme-engine', 'acme-extension', 'lolpop-airflow']"
    project.write("pyproject.toml", f"[project]\ndependencies = {required}\n")
    assert not {name for name in lock(project) if "acme" in name or "airflow" in name}


def test_a_plugin_that_the_workflow_is_made_of_is_in_it(project: Any, site: Any) -> None:
    entries = "[lolpop.pipelines]\nAcmeTrain = acme_parts:AcmeTrain\n"
    site.install("acme-parts", "Requires-Dist: acme-lib", **{"entry_points.txt": entries})
    site.install("acme-lib")
    code = "from lolpop import Pipeline\nclass AcmeTrain(Pipeline):\n    def fit(self): pass\n"
    (site.folder / "acme_parts.py").write_text(code)
    project.write("lolpop.yaml", "{runner: Flow, modules: [flow], pipelines: {train: AcmeTrain}}")
    assert {"acme-parts", "acme-lib"} <= set(lock(project))
