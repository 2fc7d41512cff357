"""One JSON schema for a whole configuration, for editors and validators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from lolpop.config.settings import Settings
from lolpop.config.spelling import PLURALS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = {
    "type": "string",
    "pattern": r"\$",
    "description": "a link ($section.config.key) or an environment variable (${env:NAME})",
}
_ELSE = (_REFERENCE, {"type": "null"})
_ABOUT = ("description", "title", "default", "examples", "deprecated")


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
        "additionalProperties": _referable(_integration_section()),
        "$defs": definitions,
    }
    whole["properties"] = {key: _referable(value) for key, value in properties.items()}
    whole["$defs"] = {key: _referable(value) for key, value in definitions.items()}
    return whole


class _Generator(GenerateJsonSchema):
    """Pydantic's generator; a type that JSON can't describe may be anything."""

    ignored_warning_kinds = frozenset({"skipped-choice", "non-serializable-default"})  # type: ignore[assignment]

    def handle_invalid_for_json_schema(self, *_: Any) -> dict[str, Any]:
        """Describe such a type by an empty schema instead of failing."""
        return {}


def _model(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(by_alias=True, schema_generator=_Generator)


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
    """Let a link or an environment variable stand for every value, and null delete it.

    Nothing is required, as a further file may give it.
    """
    if not isinstance(schema, dict):
        return schema
    changed = {key: _referable_part(key, part) for key, part in schema.items()}
    changed.pop("required", None)
    outer = {key: changed.pop(key) for key in _ABOUT if key in changed}
    if not changed:
        return outer
    return {**outer, "anyOf": [*changed.pop("anyOf", []), *([changed] if changed else []), *_ELSE]}


def _referable_part(key: str, part: Any) -> Any:
    if key in ("properties", "patternProperties"):
        return {name: _referable(value) for name, value in part.items()}
    if key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        return [_referable(value) for value in part]
    return _referable(part) if key in ("items", "additionalProperties") else part
