"""Somebody whose machine has Python and git, and nothing of ours."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DIST = Path(os.environ.get("LOLPOP_DIST", ROOT / "dist"))
"""Where `nox -s build` puts sdists and wheels."""
PYTHONS = os.environ["LOLPOP_PYTHONS"].split(os.pathsep)
AGES = ("oldest", "newest")
"""The Pythons that are tested here, and what they are of those that are supported."""
REACHING_AN_INDEX = ("PIP_", "UV_", "SSL_", "REQUESTS_")


@dataclass(frozen=True)
class Stranger:
    """Somebody who runs commands in an empty folder, with an empty home and nothing cached."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        kept = {
            key: text
            for key, text in os.environ.items()
            if key.startswith(REACHING_AN_INDEX) and not key.endswith("_CACHE_DIR")
        }
        return {**kept, "PATH": "/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8"}

    def run(
        self, command: str | Sequence[str | Path], folder: Path | None = None, **more: str
    ) -> str:
        """Run a line as it stands, or a command, that must succeed; give what it prints."""
        line = ["bash", "-euo", "pipefail", "-c", command] if isinstance(command, str) else command
        done = subprocess.run(
            line,
            cwd=folder or self.folder,
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        return done.stdout
