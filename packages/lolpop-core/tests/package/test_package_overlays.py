"""Configuration files stay out of packages, and the YAML that steps read goes in."""

from __future__ import annotations

from typing import Any

import pytest


def yaml_of(project: Any, *files: str) -> set[str]:
    """Package, and give the paths of the project's YAML files."""
    files_of = project.package(*files).manifest.files
    paths = {file.path[8:] for file in files_of if file.path.startswith("project/")}
    return {path for path in paths if path.endswith((".yaml", ".yml"))}


def test_configuration_files_stay_out_and_so_do_those_of_other_orchestrators(
    project: Any,
) -> None:
    project.write("local.yaml", "decorators: {orchestrator: LocalOrchestrator}")
    project.write("airflow.yaml", "decorators: {orchestrator: AirflowOrchestrator}")
    project.write("other.yml", "orchestrator: {config: {work_pool: lab}}")
    project.write("section.yml", "config: {x: 1}\nPrefectOrchestrator: {config: {work_pool: a}}")
    project.write("model.yaml", "layers: 3  # for whatever orchestrator")
    project.write("broken.yaml", "orchestrator: [")
    assert yaml_of(project, "lolpop.yaml", "local.yaml") == {"broken.yaml", "model.yaml"}


@pytest.mark.parametrize("place", ["", "conf/", "conf/{}/"])
def test_overlays_that_differ_in_the_deployment_give_one_digest(project: Any, place: str) -> None:
    names = [f"{place.format(name)}{name}.yaml" for name in ("dev", "prod")]
    for number, name in enumerate(names):
        project.write(
            name,
            f"""
            deployment: {{name: lab{number}, schedule: {{cron: "{number} * * * *"}}}}
            storage: s3://bucket{number}
            step: {{"*": {{retries: {number}}}}}
            """,
        )
    first, second = (project.package("lolpop.yaml", name) for name in names)
    assert first.digest == second.digest == project.package().digest
    assert yaml_of(project) == set()


@pytest.mark.parametrize(
    "text",
    [
        "deployment: {name: lab}",
        "{deployment: {name: lab}, train: {config: {depth: 3}}, config: {a: 1}}",
        "runner: Other\npipelines: {mine: Mine}\nmine: {config: {depth: 3}}",
        "'storage': ${env:WHERE}",
        "# comment\nsteps:\n  '*': {timeout: 1h}\n",
        "package: {environment: venv}",
        "extensions: [timing]\ndeployment:\n",
    ],
)
def test_a_file_of_the_core_s_sections_is_a_configuration(project: Any, text: str) -> None:
    project.write("other.yaml", text)
    assert yaml_of(project) == set()


@pytest.mark.parametrize(
    "text",
    [
        "config: {depth: 3}",
        "classes: [cat, dog]",
        "deployment: {replicas: 3}",
        "deployment: {name: lab}\nclasses: [cat]",
        "steps: [load, fit]",
        "steps: 100",
        "kind: Deployment\nstorage: big",
        "components: {a: b}",
        "runner: 3",
        "- deployment: {name: lab}",
        "deployment: {name: lab",
        "deployment: !!python/name:os.system",
        "",
        "just text",
    ],
)
def test_other_yaml_travels(project: Any, text: str) -> None:
    project.write("data/model.yaml", text)
    assert yaml_of(project) == {"data/model.yaml"}


def test_include_brings_a_configuration_in(project: Any) -> None:
    project.write("prod.yaml", "deployment: {name: lab}")
    project.yaml("package: {include: [prod.yaml]}")
    assert yaml_of(project) == {"prod.yaml"}


def test_a_configuration_that_a_value_names_must_be_included(project: Any) -> None:
    project.write("prod.yaml", "deployment: {name: lab}")
    project.yaml("config: {file: prod.yaml}")
    assert project.refusal() == (
        "lolpop.yaml:5:16: config.file: names the file 'prod.yaml', which would not be in the"
        " package",
        "put it in: package: {include: ['prod.yaml']}; or name it in package.exclude if no step"
        " reads it",
    )


def test_what_a_named_file_links_to_stays_out_too(project: Any) -> None:
    project.write("conf/base.yaml", "runner: Flow\nmodules: [flow]\npipelines: {train: Train}")
    (project.folder / "linked.yaml").symlink_to("conf/base.yaml")
    assert yaml_of(project, "linked.yaml") == set()


def test_a_named_file_stays_out_whatever_it_is_called(project: Any) -> None:
    project.write("lab.conf", "deployment: {name: lab}")
    files = project.package("lolpop.yaml", "lab.conf").manifest.files
    assert "project/lab.conf" not in {file.path for file in files}
