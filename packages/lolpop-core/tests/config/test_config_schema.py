"""The JSON schema: right files pass, wrong ones don't, and editors can complete."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import BaseModel, Field

from lolpop.config.schema import DIALECT, build
from lolpop.config.settings import Settings
from lolpop.contract import DeployOptions
from lolpop.workflow.schema import Config

EXAMPLES = Path(__file__).parents[4] / "examples"


class Decorating(BaseModel):
    decorator_method: str = "decorator"
    integration_types: list[str] = []


class Thing:
    """Nothing that JSON could describe."""


class Pool(Config):
    size: int = Field(1, description="how many")


class LabConfig(Config):
    work_pool: str
    pool: Pool = Pool()
    sizes: list[int] | None = None
    hook: Callable[[], int] | None = None
    thing: Thing = Thing()


class LabDeploy(DeployOptions):
    tags: list[str] = Field([], description="labels")


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    found = {"LabOrchestrator": (LabConfig, {"build": LabDeploy}), "BareOrchestrator": (None, {})}
    return build(Decorating, found)


@pytest.fixture
def fits(schema: dict[str, Any]) -> Callable[[str], bool]:
    validator = jsonschema.Draft202012Validator(schema)

    def _fits(text: str) -> bool:
        return bool(validator.is_valid(yaml.safe_load(text)))

    return _fits


def test_the_schema_is_a_schema(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == DIALECT
    jsonschema.Draft202012Validator.check_schema(schema)


def test_the_example_fits(fits: Callable[[str], bool]) -> None:
    assert fits((EXAMPLES / "penguins" / "lolpop.yaml").read_text())


PLAIN = """
pipelines:
  process: OfflineProcess
components:
  metadata_tracker: MLFlowMetadataTracker
decorators:
  orchestrator: PrefectOrchestrator
orchestrator:
    config:
        decorator_method: decorator
        integration_types: ["component", "pipeline", "runner"]
"""

RIGHT = [
    PLAIN,
    "{}",
    "pipeline: {p: P}\ncomponent: {c: C}\nmodule: [m]\nstep: {'*': {timeout: 1h}}",
    "p: {components: {c: C}, config: {a: 1}, c: {config: {}}}",
    "p:",
    "order: $config.order",
    "modules: $config.modules",
    "modules: [$config.module]",
    "deployment: $config.deployment",
    "p: {config: $q.config}",
    "steps: {a: {timeout: '${env:T}', retries: $config.r, stateless: '${env:S}'}}",
    "steps: {a: {timeout: 90}, b: {timeout: 1.5h}, c: {timeout: '90'}}",
    "deployment: {parameters: {a: [1, {b: null}]}, concurrency: '${env:C}'}",
    "deployment: {schedule: {timezone: Europe/Paris}}",
    "storage: x",
    "storage: {url: x, mode: group}",
    "storage: {mode: '${env:MODE}'}",
    "deployment: null\ncomponents: {c: null}\nsteps: {a: null}",
    "orchestrator: {LabOrchestrator: {config: {pool: {size: 3}}}}",
    "orchestrator: {LabOrchestrator: {config: {sizes: [1, $config.n], pool: {size: '${env:P}'}}}}",
    "orchestrator: {LabOrchestrator: {config: {hook: $config.h, thing: [1]}}}",
    "orchestrator: {LabOrchestrator: {config: {build: {tags: [a], take_over: true}}}}",
    "orchestrator: {OtherOrchestrator: {config: {x: 1}}}",
    "decorators: {orchestrator: 'mine:Orchestrator'}",
]


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_right_fits(fits: Callable[[str], bool], text: str) -> None:
    assert fits(text)


WRONG = [
    "runner: 3",
    "order: x",
    "granularity: [runner]",
    "modules: x",
    "modules: [1]",
    "pipelines: {p: 1}",
    "storage: 3",
    "storage: {mode: public}",
    "storage: {ulr: x}",
    "p: 3",
    "p: {cnfig: 1}",
    "p: {config: [1]}",
    "p: {c: {confg: {}}}",
    "steps: {a: {timeout: 5x}}",
    "steps: {a: {timeout: -1}}",
    "steps: {a: {retries: 1.5}}",
    "steps: {a: {retry: 1}}",
    "step: {a: {retry: 1}}",
    "deployment: {nmae: x}",
    "deployment: {concurrency: 0}",
    "deployment: {schedule: {crn: x}}",
    "package: {environment: docker}",
    "decorators: {orchestrator: 3}",
    "orchestrator: {config: {decorator_method: 3}}",
    "orchestrator: {LabOrchestrator: {confg: {}}}",
    "orchestrator: {LabOrchestrator: {config: {wrk_pool: x}}}",
    "orchestrator: {LabOrchestrator: {config: {pool: {size: many}}}}",
    "orchestrator: {LabOrchestrator: {config: {sizes: [x]}}}",
    "orchestrator: {LabOrchestrator: {config: {build: {tag: [a]}}}}",
    "orchestrator: {BareOrchestrator: {config: {x: 1}}}",
]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_does_not_fit(fits: Callable[[str], bool], text: str) -> None:
    assert not fits(text)


def test_every_key_of_the_core_has_a_description(schema: dict[str, Any]) -> None:
    keys = {*Settings.model_fields, "config", "orchestrator", "step", "pipeline"}
    assert {key for key in keys if not schema["properties"][key].get("description")} == set()


def models() -> list[type[BaseModel]]:
    names = (
        "StepSection",
        "DeploymentSection",
        "ScheduleSection",
        "PackageSection",
        "StorageSection",
    )
    module = __import__("lolpop.config.settings", fromlist=names)
    return [getattr(module, name) for name in names]


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_every_nested_key_has_a_description(model: type[BaseModel]) -> None:
    properties = model.model_json_schema()["properties"]
    assert [key for key, field in properties.items() if not field.get("description")] == []


def test_editors_can_complete_the_orchestrators(schema: dict[str, Any]) -> None:
    line = schema["properties"]["decorators"]["anyOf"][0]["properties"]["orchestrator"]
    assert {"enum": ["LabOrchestrator", "BareOrchestrator"]} in flattened(line)
    section = schema["properties"]["orchestrator"]["anyOf"][0]["properties"]
    config = section["LabOrchestrator"]["anyOf"][0]["properties"]["config"]["anyOf"][0]
    assert {*config["properties"]} == {
        *Decorating.model_fields,
        *LabConfig.model_fields,
        "build",
    }
    assert {*config["properties"]["build"]["anyOf"][0]["properties"]} == {*LabDeploy.model_fields}


def flattened(schema: dict[str, Any]) -> list[dict[str, Any]]:
    inner = [found for part in schema.get("anyOf", []) for found in flattened(part)]
    return [schema, *inner]
