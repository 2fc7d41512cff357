"""Tables and documents as files on a local disk."""

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

import lolpop


class LocalDataConnector(lolpop.Component):
    """Read from and write to local files."""

    class Config(lolpop.Config):
        output_folder: Path = Path("outputs")

    config: Config

    def read_csv(self, path: Path) -> pd.DataFrame:
        """Read a CSV file with one header line; `NA` and empty fields are missing values."""
        return pd.read_csv(path)

    def write_csv(self, frame: pd.DataFrame, name: str) -> Path:
        """Write a table, its index as the first column, and return the file."""
        path = self._output(name)
        frame.to_csv(path)
        return path

    def write_json(self, value: Mapping[str, object], name: str) -> Path:
        """Write a JSON document and return the file."""
        path = self._output(name)
        path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
        return path

    def _output(self, name: str) -> Path:
        folder = self.config.output_folder
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name
