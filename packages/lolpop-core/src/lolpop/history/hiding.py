"""What must not be read in what is shown of a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from lolpop.deploying.standing import History
from lolpop.errors import LolpopError
from lolpop.execution.masking import Mask, mask_of, without_secrets
from lolpop.package.opening import read_config
from lolpop.package.variables import variables
from lolpop.storage.records import RunRecord


def mask_for(history: History, record: RunRecord) -> Mask:
    """Make the mask of a run: of secret parameters, and of the variables that are set here."""
    try:
        names = variables(read_config(history.store, record.package_digest))
    except LolpopError:  # the package was pruned, or is damaged
        names = frozenset()
    return mask_of(names, os.environ, record.parameters)


def shown_parameters(history: History, record: RunRecord) -> Mapping[str, Any]:
    """Give a run's parameters as they may be shown."""
    mask = mask_for(history, record)
    shown = without_secrets(record.parameters)
    return {name: _masked(value, mask) for name, value in shown.items()}


def _masked(value: Any, mask: Mask) -> Any:
    if isinstance(value, str):
        return mask.text(value)
    if isinstance(value, Mapping):
        return {key: _masked(child, mask) for key, child in value.items()}
    return [_masked(child, mask) for child in value] if isinstance(value, list) else value
