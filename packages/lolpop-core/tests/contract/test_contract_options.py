"""The options that every orchestrator takes."""

from __future__ import annotations

import inspect
import re

import pytest
from pydantic import ValidationError

from lolpop import contract
from lolpop.contract import DeployOptions, Options, RunOptions, StopOptions, options

ALL = [getattr(contract, name) for name in contract.__all__ if name.endswith("Options")]


def test_every_option_model_is_a_name_of_the_contract() -> None:
    defined = [each for each in vars(options).values() if inspect.isclass(each)]
    assert {each for each in defined if issubclass(each, Options)} == set(ALL)


@pytest.mark.parametrize("model", ALL, ids=lambda model: model.__name__)
def test_every_option_is_documented_and_has_a_default(model: type[Options]) -> None:
    documented = re.findall(r"^ {4}(\w+): \S", inspect.getdoc(model) or "", re.MULTILINE)
    assert documented == list(model.model_fields)
    assert model() == model.model_validate({})


@pytest.mark.parametrize("model", ALL, ids=lambda model: model.__name__)
def test_unknown_keys_are_refused(model: type[Options]) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        model.model_validate({"colour": "red"})


def test_options_do_not_change() -> None:
    with pytest.raises(ValidationError, match="Instance is frozen"):
        DeployOptions().take_over = True  # type: ignore[misc]


def test_the_defaults_are_safe() -> None:
    assert DeployOptions().model_dump() == {"take_over": False, "wait_for_runs": False}
    assert StopOptions().model_dump() == {"timeout": 90.0, "take_over": False}


@pytest.mark.parametrize("timeout", [0, -1, "soon"])
def test_a_time_out_that_cannot_be_is_refused(timeout: object) -> None:
    with pytest.raises(ValidationError, match="timeout"):
        StopOptions.model_validate({"timeout": timeout})


def test_an_empty_idempotency_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="at least 1 character"):
        RunOptions(idempotency_key="")


def test_a_plugin_adds_its_own() -> None:
    class Mine(StopOptions):
        force: bool = False

    assert Mine.model_validate({"force": True, "timeout": 5}) == Mine(force=True, timeout=5.0)


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError) as caught:
        contract.TeleportOptions  # noqa: B018
    assert str(caught.value) == "module 'lolpop.contract' has no attribute 'TeleportOptions'"
