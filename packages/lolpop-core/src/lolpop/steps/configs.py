"""The configs of integrations at capture: what the environment will give is a reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from lolpop.steps.references import Variable, without_env
from lolpop.workflow.blueprint import Part
from lolpop.workflow.values import config_of
from lolpop.workflow.view import ConfigView


def captured_config(part: Part, folder: Path) -> Any:
    """Make the config of an integration without reading the environment.

    Args:
        part: The integration.
        folder: The project folder.
    """
    config = config_of(part, folder, None)[0]
    if isinstance(config, ConfigView):
        values = {key: without_env(value) for key, value in config.items()}
        return ConfigView(values, part.section.path)
    return _late(config)


def _late(model: BaseModel) -> BaseModel:
    """Replace what waits for the environment in a model, and all that may depend on it."""
    fields = type(model).model_fields
    found = {name: getattr(model, name) for name in (*fields, *(model.model_extra or ()))}
    changed = {name: _value(type(model), name, value) for name, value in found.items()}
    update = {name: value for name, value in changed.items() if value is not found[name]}
    if update and type(model).__pydantic_decorators__.model_validators:
        update = {name: Variable(name, "what the class checks") for name in fields}
    return model.model_copy(update=update) if update else model


def _value(model: type[BaseModel], name: str, value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _late(value)
    return without_env(value, _kind(model, name))


def _kind(model: type[BaseModel], name: str) -> str | None:
    """Say what a field turns a string into, or None if the string stays as it is."""
    field = model.model_fields.get(name)
    if field is None:
        return None
    checked = model.__pydantic_decorators__.field_validators
    if field.annotation in (str, str | None, Any) and not field.metadata and not checked:
        return None
    return getattr(field.annotation, "__name__", None) or str(field.annotation)
