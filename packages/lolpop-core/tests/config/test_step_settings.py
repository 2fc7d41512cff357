"""Globs of `steps`: which one means a step, and which of several wins."""

from __future__ import annotations

from lolpop.config.settings import StepSection, matches, merged


def test_a_glob_means_the_steps_that_it_matches() -> None:
    assert matches("*", "train.fit")
    assert matches("train.*", "train.fit[2]")
    assert matches("train.fit[2]", "train.fit[2]")
    assert not matches("train.fit", "train.fit[2]")
    assert not matches("train.fit", "train.fitted")


def test_the_most_literal_wins_key_by_key() -> None:
    steps = {
        "train.fit": StepSection(retries=3),
        "*": StepSection(retries=1, timeout=60, stateless=True),
        "train.*": StepSection(retries=2, stateless=False),
    }
    assert merged(steps, "train.fit") == StepSection(retries=3, timeout=60, stateless=False)
    assert merged(steps, "train.load") == StepSection(retries=2, timeout=60, stateless=False)
    assert merged(steps, "other") == StepSection(retries=1, timeout=60, stateless=True)


def test_the_name_itself_wins_over_a_longer_glob() -> None:
    steps = {"a.b": StepSection(retries=1), "[a].[b]": StepSection(retries=2)}
    assert merged(steps, "a.b").retries == 1


def test_a_step_that_nothing_matches_has_no_settings() -> None:
    assert merged({"x": StepSection(retries=1)}, "y") == StepSection()
