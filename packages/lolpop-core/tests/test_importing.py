"""Imports are kept from the garbage collector, which is as it was afterwards."""

from __future__ import annotations

import gc

import pytest

from lolpop.importing import permanent


@pytest.fixture(autouse=True)
def _thawed() -> object:
    yield
    gc.unfreeze()


def test_what_is_imported_is_gone_through_no_more() -> None:
    with permanent():
        assert not gc.isenabled()
        made = [[]]
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    assert not any(each is made for each in gc.get_objects())


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with permanent():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_failed_import_leaves_the_collector_on() -> None:
    with pytest.raises(ImportError), permanent():
        raise ImportError
    assert gc.isenabled()
