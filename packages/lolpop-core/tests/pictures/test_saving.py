from __future__ import annotations

from pathlib import Path

import pytest

from lolpop.errors import UsageError
from lolpop.pictures.saving import save


def test_a_page_is_written_and_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    link = save("größe", Path("a b/x.html"))
    assert link == f"file://{tmp_path}/a%20b/x.html"
    assert save("new", Path("a b/x.html")) == link
    assert (tmp_path / "a b" / "x.html").read_text("utf-8") == "new"


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        save("x", tmp_path)
    assert caught.value.message == f"can't write {str(tmp_path)!r}: Is a directory"
    assert caught.value.hint == "name another file with -o"
