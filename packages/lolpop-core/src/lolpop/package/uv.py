"""Find uv, which is optional."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path


def uv_path() -> str | None:
    """Give the path of uv: the one beside this Python, else the one on PATH, or None."""
    beside = Path(sysconfig.get_path("scripts"), "uv")
    return str(beside) if beside.is_file() else shutil.which("uv")
