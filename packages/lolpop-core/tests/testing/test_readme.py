"""What a README shows is held to what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

import lolpop
from lolpop.testing import Readme, RuleBroken

TEXT = """
```console
lolpop deployment build
engine start --port 1
```

![The graph](docs/graph.png) ![Elsewhere](https://there/badge.png)

| key | default | meaning |
|---|---|---|
| `url` | `http://here` | where it is |
| `token` | | what opens it |
| `tags` | `[]` | what it is found by |
"""


class Config(lolpop.Config):
    url: str = "http://here"
    token: str | None = None
    tags: tuple[str, ...] = ()


@pytest.fixture
def readme(tmp_path: Path) -> Readme:
    (tmp_path / "README.md").write_text(TEXT)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "graph.png").write_bytes(b"\x89PNG of a graph")
    return Readme(tmp_path / "README.md")


def test_its_commands(readme: Readme) -> None:
    assert readme.commands("engine") == ["engine start --port 1"]
    assert readme.blocks("yaml") == []


def test_a_readme_that_is_right(readme: Readme) -> None:
    readme.expect_keys(Config())
    readme.expect_pictures()


def test_a_key_that_the_table_lacks(readme: Readme) -> None:
    readme.file.write_text(TEXT.replace("| `token` | | what opens it |\n", ""))
    with pytest.raises(RuleBroken, match="the keys are"):
        readme.expect_keys(Config())


def test_a_default_that_is_another(readme: Readme) -> None:
    with pytest.raises(RuleBroken, match="url is 'http://there' by default"):
        readme.expect_keys(Config(url="http://there"))


def test_pictures_that_are_missing_too_much_or_too_large(readme: Readme) -> None:
    picture = readme.file.parent / "docs" / "graph.png"
    (picture.parent / "other.png").touch()
    with pytest.raises(RuleBroken, match=r"nothing shows .*other\.png"):
        readme.expect_pictures()
    picture.write_bytes(b"\x89PNG" + bytes(200_000))
    with pytest.raises(RuleBroken, match="200004 bytes"):
        readme.expect_pictures()
    picture.write_bytes(b"JPEG")
    with pytest.raises(RuleBroken, match="is no PNG"):
        readme.expect_pictures()
    picture.unlink()
    with pytest.raises(RuleBroken, match="there is no"):
        readme.expect_pictures()
