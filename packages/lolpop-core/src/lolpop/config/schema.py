"""One JSON schema for a whole configuration, for editors and validators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from lolpop.config.settings import Settings
from lolpop.config.spelling import PLURALS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = {
    "type": "string",
    "pattern": r"\$",
    "description": "a link ($section.config.key) or an environment variable (${env:NAME})",
}
_SCALARS = {"integer", "number", "boolean", "null", "array", "object"}


def build(
    decorating: type[BaseModel],
    orchestrators: Mapping[str, tuple[type[BaseModel] | None, Mapping[str, type[BaseModel]]]],
) -> dict[str, Any]:
    """Make the schema of a configuration.

    Args:
        decorating: The keys that anything under `decorators` takes.
        orchestrators: The config model and the option models by verb, by the
            orchestrators' names.
    """
    schema = _model(Settings)
    definitions: dict[str, Any] = schema.pop("$defs", {})
    properties: dict[str, Any] = schema.pop("properties")
    for single, plural in PLURALS.items():
        properties[single] = properties[plural]
    _name_orchestrators(properties, list(orchestrators))
    properties["config"] = _free("values for the runner and whatever inherits them")
    properties["orchestrator"] = _orchestrator_section(decorating, orchestrators, definitions)
    whole = {
        "$schema": DIALECT,
        "title": "lolpop configuration",
        "type": "object",
        "properties": properties,
        "additionalProperties": _integration_section(),
        "$defs": definitions,
    }
    whole["properties"] = {key: _referable(value) for key, value in properties.items()}
    whole["$defs"] = {key: _referable(value) for key, value in definitions.items()}
    return whole


def _model(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(by_alias=True)


def _free(description: str) -> dict[str, Any]:
    return {"type": ["object", "null"], "description": description}


def _name_orchestrators(properties: dict[str, Any], names: list[str]) -> None:
    line = {
        "anyOf": [{"enum": names}, {"type": "string"}],
        "description": "the orchestrator: the one line to edit",
    }
    for section in ("decorators", "decorator"):
        properties[section] = {**properties[section], "properties": {"orchestrator": line}}


def _integration_section() -> dict[str, Any]:
    """Give the schema of an integration's own section."""
    names = {"type": "object", "additionalProperties": {"type": "string"}}
    return {
        "type": ["object", "null"],
        "description": "an integration's own section",
        "properties": {
            "config": _free("the integration's values"),
            "components": names,
            "component": names,
        },
        "additionalProperties": {
            "type": ["object", "null"],
            "description": "the section of a component of this pipeline",
            "properties": {"config": _free("the component's values")},
            "additionalProperties": False,
        },
    }


def _orchestrator_section(
    decorating: type[BaseModel],
    orchestrators: Mapping[str, tuple[type[BaseModel] | None, Mapping[str, type[BaseModel]]]],
    definitions: dict[str, Any],
) -> dict[str, Any]:
    sections: dict[str, Any] = {}
    for name, (model, verbs) in orchestrators.items():
        models = [decorating, *([model] if model else [])]
        config = _config(models, verbs, definitions, name)
        config["additionalProperties"] = False
        sections[name] = {
            "type": "object",
            "properties": {"config": config},
            "additionalProperties": False,
            "description": f"values for {name} alone",
        }
    shared = _config([decorating], {}, definitions, "orchestrator")
    return {
        "type": "object",
        "description": "values for the orchestrator",
        "properties": {"config": shared, **sections},
        "additionalProperties": {"type": "object"},
    }


def _config(
    models: list[type[BaseModel]],
    verbs: Mapping[str, type[BaseModel]],
    definitions: dict[str, Any],
    prefix: str,
) -> dict[str, Any]:
    """Join the keys of several models; nothing is required, as a second file may give it."""
    properties: dict[str, Any] = {}
    for model in models:
        part = _model(model)
        properties.update(_moved(part, definitions, prefix))
    for verb, model in verbs.items():
        part = _model(model)
        inner = _moved(part, definitions, f"{prefix}.{verb}")
        properties[verb] = {"type": "object", "properties": inner, "additionalProperties": False}
    return {"type": "object", "properties": properties}


def _moved(part: dict[str, Any], definitions: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Move a model's definitions into the common ones, under names that can't collide."""
    for name, definition in part.pop("$defs", {}).items():
        definitions[f"{prefix}.{name}"] = _repointed(definition, prefix)
    properties: dict[str, Any] = _repointed(part.get("properties", {}), prefix)
    return properties


def _repointed(value: Any, prefix: str) -> Any:
    if isinstance(value, dict):
        return {
            key: item.replace("#/$defs/", f"#/$defs/{prefix}.")
            if key == "$ref" and isinstance(item, str)
            else _repointed(item, prefix)
            for key, item in value.items()
        }
    return [_repointed(item, prefix) for item in value] if isinstance(value, list) else value


def _referable(schema: Any) -> Any:
    """Let a link or an environment variable stand for every value that isn't a string."""
    if not isinstance(schema, dict):
        return schema
    changed = dict(schema)
    for key in ("properties", "patternProperties"):
        if isinstance(changed.get(key), dict):
            changed[key] = {name: _referable(value) for name, value in changed[key].items()}
    for key in ("items", "additionalProperties"):
        changed[key] = _referable(changed[key]) if key in changed else None
        if changed[key] is None:
            del changed[key]
    if "anyOf" in changed:
        changed["anyOf"] = [*changed["anyOf"], _REFERENCE]
    elif _kinds(changed) & _SCALARS or "enum" in changed:
        outer = {key: changed.pop(key) for key in ("description", "title") if key in changed}
        return {**outer, "anyOf": [changed, _REFERENCE]}
    return changed


def _kinds(schema: dict[str, Any]) -> set[str]:
    kinds = schema.get("type", [])
    return {kinds} if isinstance(kinds, str) else set(kinds)
