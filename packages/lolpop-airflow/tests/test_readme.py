"""The README's table of keys is whole."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from lolpop_airflow.config import AirflowConfig

README = Path(__file__).parents[1] / "README.md"


def test_every_config_key_is_in_the_table_with_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) ?\|", README.read_text("utf-8"), re.MULTILINE)
    defaults = AirflowConfig().model_dump(mode="json")
    assert [key for key, _ in rows] == [*defaults]
    for key, said in rows:
        if defaults[key] is not None:
            assert yaml.safe_load(said.strip("`")) == defaults[key], key
