"""What of the configuration a package has, and what it refuses."""

from __future__ import annotations

import subprocess
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from lolpop.config.document import load
from lolpop.errors import SecretError
from lolpop.package.secrets import is_secret, refuse_secrets

DEPLOYED = """
    decorators: {orchestrator: LocalOrchestrator}
    orchestrator:
      config: {integration_types: [runner]}
      PrefectOrchestrator: {config: {work_pool: lab}}
    deployment: {name: lab, schedule: {cron: "0 * * * *"}, parameters: {seed: 3}}
    storage: elsewhere
    steps:
      "*": {timeout: 1h, retries: 2}
      train.fit: {retry_delay: 10s, stateless: true}
"""


def config(project: Any, *files: str, **changes: Any) -> dict[str, Any]:
    return dict(project.package(*files, **changes).manifest.config)


def test_what_belongs_to_the_deployment_is_left_out(project: Any) -> None:
    project.yaml(DEPLOYED)
    assert config(project) == {
        "runner": "Flow",
        "modules": ["flow"],
        "pipelines": {"train": "Train"},
        "steps": {"train.fit": {"stateless": True}},
    }


def test_what_shapes_the_graph_stays(project: Any) -> None:
    project.yaml("order: data\ngranularity: component\nsteps: {train.fit: {stateless: false}}")
    assert config(project) == {
        "runner": "Flow",
        "modules": ["flow"],
        "pipelines": {"train": "Train"},
        "order": "data",
        "granularity": "component",
        "steps": {"train.fit": {"stateless": False}},
    }


@pytest.mark.parametrize("name", ["LocalOrchestrator", "local", "flow:Mine"])
def test_every_orchestrator_gives_the_same_digest(project: Any, name: str) -> None:
    code = "from lolpop import Orchestrator\nclass Mine(Orchestrator):\n    pass\n"
    (project.folder / "flow.py").write_text(code + (project.folder / "flow.py").read_text())
    bare = project.package().digest
    project.yaml(f"decorators: {{orchestrator: '{name}'}}\nsteps: {{'*': {{retries: 2}}}}")
    assert project.package().digest == bare


def test_an_overlay_that_names_the_orchestrator_gives_the_same_digest(project: Any) -> None:
    project.write("local.yaml", "decorators: {orchestrator: LocalOrchestrator}")
    project.write("mine.yaml", "orchestrator: {config: {decorator_method: decorator}}")
    bare = project.package()
    assert project.package("lolpop.yaml", "local.yaml").digest == bare.digest
    assert project.package("lolpop.yaml", "mine.yaml").digest == bare.digest


def test_another_value_gives_another_digest(project: Any) -> None:
    project.yaml("config: {seed: 1}")
    first = project.package().digest
    project.yaml("config: {seed: 2}")
    assert project.package().digest != first


def test_links_are_resolved_and_variables_are_not_read(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHERE", "never stored")
    project.yaml("""
        config: {place: "${env:WHERE:-here}", price: "5 $$", same: $config.place}
    """)
    assert config(project)["config"] == {
        "place": "${env:WHERE:-here}",
        "price": "5 $$",
        "same": "${env:WHERE:-here}",
    }
    stored = project.store.read(project.store.list("packages")[0])
    assert b"never stored" not in stored


def test_modules_that_were_given_besides_are_added_once(project: Any) -> None:
    assert config(project, modules=("flow", "json"))["modules"] == ["flow", "json"]
    project.write("lolpop.yaml", "{runner: 'flow:Flow', pipelines: {train: 'flow:Train'}}")
    assert config(project, modules=("json",))["modules"] == ["json"]


def test_keys_that_json_does_not_have_are_shown_as_text(project: Any) -> None:
    project.yaml("config: {classes: {1: cat, false: dog}, limit: .inf}")
    assert config(project)["config"] == {"classes": {"1": "cat", "false": "dog"}, "limit": "inf"}


def test_typed_paths_of_a_file_elsewhere_start_at_the_project_folder(project: Any) -> None:
    project.write(
        "flow.py",
        """
        from pathlib import Path
        from lolpop import Config, Inherited, Pipeline, Runner

        class Train(Pipeline):
            class Config(Config):
                data: Inherited[Path]
                more: list[Path] = []
                text: str = ""

        class Flow(Runner):
            def run(self): return 1
        """,
    )
    for name in ("data/a.csv", "conf/b.csv"):
        project.write(name)
    project.write(
        "conf/lab.yaml",
        """
        config: {data: ../data/a.csv}
        train: {config: {more: [b.csv, ~/c.csv, "${env:D:-d.csv}"], text: b.csv}}
        """,
    )
    found = config(project, "lolpop.yaml", "conf/lab.yaml")
    assert found["config"] == {"data": "data/a.csv"}
    assert found["train"]["config"] == {
        "more": ["conf/b.csv", "~/c.csv", "${env:D:-d.csv}"],
        "text": "b.csv",
    }


@pytest.mark.parametrize("where", ["config", "train.config", "deployment.parameters"])
def test_a_configured_file_that_would_be_left_out_is_refused(project: Any, where: str) -> None:
    project.write("data/[1].csv")
    text = "data/[1].csv"
    if where == "deployment.parameters":
        project.write(
            "flow.py",
            "from lolpop import *\nclass Train(Pipeline): pass\n"
            "class Flow(Runner):\n    def run(self, file: str): return 1\n",
        )
    outer, _, inner = where.rpartition(".")
    section = (
        f"{outer}: {{{inner}: {{file: '{text}'}}}}" if outer else f"config: {{file: '{text}'}}"
    )
    project.write(".gitignore", "data/")
    subprocess.run(["git", "init", "-q"], cwd=project.folder, check=True)
    project.yaml(section)
    column = section.index("'data") + 1
    assert project.refusal() == (
        f"lolpop.yaml:5:{column}: {where}.file: names the file 'data/[1].csv', which would not be"
        " in the package",
        "put it in: package: {include: ['data/[[]1].csv']}; or name it in package.exclude if no"
        " step reads it",
    )
    project.yaml(section + "\npackage: {include: ['data/[[]1].csv']}")
    assert "data/[1].csv" in project.paths()
    project.yaml(section + "\npackage: {exclude: [data]}")
    assert "data/[1].csv" not in project.paths()


def test_values_that_name_no_file_are_no_references(project: Any) -> None:
    project.write("out/a.txt")
    project.yaml(
        """
        package: {exclude: [none]}
        config: {folder: out, url: "https://x/y", text: "a\\nb", none: "", long: %s}
    """
        % ("x" * 5000)
    )
    assert "out/a.txt" in project.paths()


def test_a_value_that_leads_out_of_the_project_is_a_warning(project: Any) -> None:
    (project.folder.parent / "data.csv").write_text("")
    project.yaml("config: {file: ../data.csv, none: ../nothing.csv}")
    assert project.package().warnings == (
        "lolpop.yaml:5:16: config.file: '../data.csv' is outside of the project folder, and not in"
        " the package",
    )


def test_code_that_would_be_left_out_is_refused(project: Any) -> None:
    project.yaml("package: {exclude: ['*.py']}")
    assert project.refusal() == (
        "the workflow's code in 'flow.py' would not be in the package",
        "put it in: package: {include: ['flow.py']}",
    )


def test_a_local_file_outside_of_the_project_is_refused(project: Any, tmp_path: Path) -> None:
    local = tmp_path / "other.py"
    local.write_text("")
    assert project.refusal(local_file=local) == (
        f"{str(local)!r}, given with -l, is outside of the project folder {str(project.folder)!r}",
        "only files beneath the folder of the first configuration file are packaged",
    )


def test_a_root_outside_of_the_project_is_refused(project: Any, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    project.yaml("package: {roots: [., ../lib]}")
    assert project.refusal() == (
        f"{str(tmp_path / 'lib')!r}, in package.roots, is outside of the project folder"
        f" {str(project.folder)!r}",
        "only files beneath the folder of the first configuration file are packaged",
    )


@pytest.mark.parametrize(
    "key",
    [
        *("password", "passwd", "secret", "token", "api_key", "access_key", "private_key"),
        *("db_password", "dbPassword", "DB_PASSWORD", "db-password", "DBPassword", "db.password"),
        *("apiKey", "API_KEY", "APIKey", "apikey", "aws_secret_access_key", "auth token"),
        *("password2", "Secret", "privatekey"),
    ],
)
def test_a_key_whose_last_word_names_a_secret_is_one(key: str) -> None:
    assert is_secret(key)


@pytest.mark.parametrize(
    "key",
    ["passwords_file", "token_count", "tokens", "tokenizer", "key", "primary_key", "monkey", ""],
)
def test_another_key_is_none(key: str) -> None:
    assert not is_secret(key)


def problems(folder: Path, text: str, *allowed: str) -> list[str]:
    (folder / "x.yaml").write_text(dedent(text))
    with pytest.raises(SecretError) as caught:
        refuse_secrets(load([folder / "x.yaml"]).root, allowed)
    prefix = f"{folder}/"
    return [str(problem).removeprefix(prefix) for problem in caught.value.problems]


def test_every_secret_is_refused_with_its_place_and_without_its_value(
    project: Any,
) -> None:
    project.yaml("train: {config: {db: {user: me, dbPassword: hunter2}}}")
    assert project.refusal() == (
        "lolpop.yaml:5:45: train.config.db.dbPassword: the value under 'dbPassword' may be a"
        " secret, and would be in the package for all to read",
        "write ${env:DB_PASSWORD}, or if it is none: package: {allow_literals:"
        " ['train.config.db.dbPassword']}",
    )
    project.yaml("""
        train: {config: {db: {dbPassword: hunter2}}}
        package: {allow_literals: [train.config.db.dbPassword]}
    """)
    assert project.package()


def test_secrets_are_found_in_lists_mappings_and_defaults(tmp_path: Path) -> None:
    said = "and would be in the package for all to read"
    found = problems(
        tmp_path,
        """
        config:
          - {token: [a, 12]}
          - {secret: {id: x, none: null, empty: "", flag: true}}
          - {api_key: "${env:KEY:-hunter2}", access_key: "${env:KEY}", token: "Bearer ${env:KEY}"}
        other: {password: x}
        """,
        "other.password",
    )
    assert found == [
        f"x.yaml:3:14: config.0.token.0: the value under 'token' may be a secret, {said}",
        f"x.yaml:3:17: config.0.token.1: the value under 'token' may be a secret, {said}",
        f"x.yaml:4:19: config.1.secret.id: the value under 'secret' may be a secret, {said}",
        f"x.yaml:5:15: config.2.api_key: the default of a variable under 'api_key' may be a"
        f" secret, {said}",
    ]


def test_secrets_of_the_orchestrator_are_not_packaged_and_not_refused(project: Any) -> None:
    project.yaml("orchestrator: {AirflowOrchestrator: {config: {password: hunter2}}}")
    project.package()
    stored = project.store.read(project.store.list("packages")[0])
    assert b"hunter2" not in stored
