"""The types of an integration's own configuration: `Config` and `Inherited`."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

T = TypeVar("T")


class InheritedMarker:
    """Marks a field whose value may come from the config of a pipeline or runner around it."""


Inherited = Annotated[T, InheritedMarker()]


class Config(BaseModel):
    """Types an integration's config: subclass it inside the integration, as `class Config`.

    Unknown keys are refused, values can't be changed, and what the environment gives is
    read when the object is built. A field typed `Inherited[T]` may come from the config of
    a pipeline or runner around the integration.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def is_inherited(field: FieldInfo) -> bool:
    """Whether a field may come from a parent."""
    return any(isinstance(mark, InheritedMarker) for mark in field.metadata)
