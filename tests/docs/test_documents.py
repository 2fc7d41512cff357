"""What the documents say is so: links, code, tables, and the generated pages."""

from __future__ import annotations

import ast
import importlib.util
import re
import tomllib
from pathlib import Path
from textwrap import indent
from types import ModuleType

import pytest
import yaml

from lolpop import plugins
from lolpop.config.document import load
from lolpop.config.settings import (
    DeploymentSection,
    PackageSection,
    ScheduleSection,
    Settings,
    StepSection,
    StorageSection,
)
from lolpop.config.spelling import SECTIONS
from lolpop.execution.request import FAILED, FATAL, REFUSED, SUCCEEDED, TIMED_OUT
from lolpop.inprocess import Source, prepared
from lolpop.plugins import GROUPS

ROOT = Path(__file__).parents[2]
PAGES = [
    page
    for page in sorted(ROOT.rglob("*.md"))
    if not {".venv", ".nox", "node_modules", ".pytest_cache"} & set(page.parts)
]
BLOCK = re.compile(r"^(?:<!-- (.*?) -->\n)?```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    return [text for _, kind, text in BLOCK.findall(page.read_text("utf-8")) if kind == language]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8"))
    for target in targets:
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_python_block_compiles(page: Path) -> None:
    for text in blocks(page, "python"):
        ast.parse(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_yaml_block_is_a_configuration(page: Path, tmp_path: Path) -> None:
    for number, text in enumerate(blocks(page, "yaml")):
        file = tmp_path / f"{number}.yaml"
        file.write_text(text, "utf-8")
        assert load([file]).problems == ()


def test_every_document_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        for target in re.findall(r"\]\(([^)#]+\.md)", page.read_text("utf-8")):
            other = (page.parent / target).resolve()
            if "://" not in target and other not in reached:
                waiting.append(other)
    documents = {ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"}
    documents |= set((ROOT / "docs").rglob("*.md")) - {ROOT / "docs" / "README.md"}
    assert documents <= reached


def test_excerpts_stand_in_the_files_that_they_name() -> None:
    found = 0
    for source, _, text in BLOCK.findall((ROOT / "README.md").read_text("utf-8")):
        if source.startswith("from "):
            found += 1
            rest = (ROOT / source.removeprefix("from ")).read_text("utf-8")
            rest = re.sub(r'^ *"""(?s:.*?)"""\n\n?', "", rest, flags=re.MULTILINE)
            assert text in rest
    assert found == 2


def test_the_hook_reference_says_what_the_docstrings_say() -> None:
    page = (ROOT / "docs" / "hooks.md").read_text("utf-8")
    assert page == generator().hooks_page(page), "run: python docs/generate.py"


def test_every_contract_value_is_in_the_hook_reference() -> None:
    generate = generator()
    listed = {name for names in generate.GROUPS.values() for name in names.split()}
    values = {
        name
        for name in generate.contract.__all__
        if isinstance(getattr(generate.contract, name), type)
    }
    assert listed == values


def test_the_command_reference_is_what_help_prints() -> None:
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    assert page == generator().cli_page(), "run: python docs/generate.py"


def test_the_list_of_the_rules_is_what_they_say() -> None:
    page = (ROOT / "docs" / "rules.md").read_text("utf-8")
    assert page == generator().rules_page(), "run: python docs/generate.py"


def test_the_page_on_plugins_shows_code_that_is_tested() -> None:
    page = (ROOT / "docs" / "writing-a-plugin.md").read_text("utf-8")
    shown = {source: text for source, _, text in BLOCK.findall(page) if source.startswith("from ")}
    assert len(shown) == 4
    for source, text in shown.items():
        file = (ROOT / source.removeprefix("from ")).read_text("utf-8")
        whole = "lolpop-minimal" in source
        assert text == file if whole else indent(text, "    ") in file, source


def test_the_smallest_plugin_has_at_most_sixty_lines_of_code() -> None:
    folder = ROOT / "examples" / "lolpop-minimal"
    metadata = (folder / "pyproject.toml").read_text("utf-8").split("\n")
    code = (folder / "lolpop_minimal.py").read_text("utf-8")
    lines = re.sub(r'^ *""".*?"""$', "", code, flags=re.MULTILINE | re.DOTALL).split("\n")
    written = [line for line in metadata + lines if line.strip() and not line.startswith("#")]
    assert len(written) <= 60


def test_every_exit_code_of_the_step_command_is_explained() -> None:
    page = (ROOT / "docs" / "writing-a-plugin.md").read_text("utf-8")
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    assert documented == {SUCCEEDED, FAILED, FATAL, REFUSED, TIMED_OUT}


def test_every_section_of_the_configuration_is_documented() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    documented = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(documented) == sorted(SECTIONS)


def test_documented_defaults_are_those_of_the_settings() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \|.*\| `([^`|]+)` \|$", page, re.MULTILINE)
    assert {key: yaml.safe_load(default) for key, default in rows} == {
        key: Settings.model_fields[key].default for key in ("order", "granularity", "storage")
    }


def test_every_key_of_the_core_s_sections_is_documented_with_its_default() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+\.[\w.*]+)` \|.*\| (.*) \|$", page, re.MULTILINE)
    sections = {
        "steps.*": StepSection,
        "deployment": DeploymentSection,
        "package": PackageSection,
        "storage": StorageSection,
    }
    fields = {
        f"{name}.{key}": field
        for name, section in sections.items()
        for key, field in section.model_fields.items()
    }
    schedule = ScheduleSection.model_fields
    del fields["deployment.schedule"]
    fields |= {f"deployment.schedule.{key}": field for key, field in schedule.items()}
    assert sorted(fields) == sorted(key for key, _ in rows)
    said = {key: yaml.safe_load(text.strip("`")) for key, text in rows if text.startswith("`")}
    given = {key: field.default for key, field in fields.items() if key in said}
    assert {key: default for key, default in given.items() if default is not None} == {
        key: said[key] for key, default in given.items() if default is not None
    }


def test_every_room_is_on_the_page_of_the_architecture() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    core = ROOT / "packages" / "lolpop-core" / "src" / "lolpop"
    rooms = {
        f"{item.stem}/" if item.is_dir() else item.name
        for item in core.iterdir()
        if not item.name.startswith(("_", "py.typed"))
    }
    assert set(re.findall(r"^\| `([\w./]+)` \|", page, re.MULTILINE)) == rooms


def test_classes_of_the_documented_distribution_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ROOT / "docs" / "workflows.md"
    (project,) = (tomllib.loads(text)["project"] for text in blocks(page, "toml"))
    groups = project["entry-points"]
    assert set(groups) == {GROUPS[kind] for kind in ("component", "pipeline", "runner")}
    info = tmp_path / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Name: {project['name']}\nVersion: {project['version']}\n"
        + "".join(f"Requires-Dist: {each}\n" for each in project["dependencies"])
    )
    lines = [
        f"[{group}]\n{name} = {target}\n"
        for group, named in groups.items()
        for name, target in named.items()
    ]
    (info / "entry_points.txt").write_text("".join(lines))
    (tmp_path / "acme_lolpop.py").write_text(
        "from lolpop import Component, Pipeline, Runner\n"
        "class SlackNotifier(Component): ...\n"
        "class NightlyTrain(Pipeline): ...\n"
        "class NightlyRunner(Runner):\n    def run(self): ...\n"
    )
    (text,) = (each for each in blocks(page, "yaml") if "NightlyRunner" in each)
    (tmp_path / "lolpop.yaml").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    plugins.forget()
    with prepared(Source((str(tmp_path / "lolpop.yaml"),))) as blueprint:
        found = {part.cls.__name__ for part in blueprint.parts if part.cls}
    plugins.forget()
    assert found == {"SlackNotifier", "NightlyTrain", "NightlyRunner"}
