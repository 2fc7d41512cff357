"""Where what can be made again is kept: in the user's cache, else beside the storage."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from stat import S_ISDIR

from platformdirs import user_cache_path

from lolpop.storage import Store


def cache_folder(store: Store | None = None) -> Path:
    """Give a folder for lolpop's caches.

    Args:
        store: The storage to be beside where the user's cache can't be written, as in
            containers without a home; a temporary folder if that is no folder either.
    """
    usual = user_cache_path("lolpop")
    return usual if _takes_files(usual) else _instead(store)


def uv_variables(store: Store | None = None) -> dict[str, str]:
    """Give the environment for uv, with a cache that it can write."""
    variables = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    if not variables.keys() & {"UV_CACHE_DIR", "UV_NO_CACHE"} and not _takes_files(_of_uv()):
        variables["UV_CACHE_DIR"] = str(_instead(store) / "uv")
    return variables


def _of_uv() -> Path:
    place = os.environ.get("XDG_CACHE_HOME")
    return Path(place or Path("~/.cache").expanduser(), "uv")


def _instead(store: Store | None) -> Path:
    beside = store.local_folder("cache") if store else None
    return (beside or _temporary()).absolute()


def _temporary() -> Path:
    """Give a folder that is ours alone: what is taken from a cache is run."""
    place = Path(tempfile.gettempdir(), f"lolpop-{os.getuid()}")
    place.mkdir(0o700, exist_ok=True)
    found = place.lstat()
    ours = found.st_uid == os.getuid() and S_ISDIR(found.st_mode) and not found.st_mode & 0o022
    return place if ours else Path(tempfile.mkdtemp(prefix="lolpop-"))


def _takes_files(folder: Path) -> bool:
    """Tell whether files can be written in a folder, which is made for it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except (OSError, RuntimeError):
        return False
