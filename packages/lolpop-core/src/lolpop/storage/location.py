"""One place for packages, artifacts and records: a folder, or an fsspec URL."""

from __future__ import annotations

import errno
import re
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from lolpop.errors import LolpopError, NotFoundError, StorageError, UsageError
from lolpop.storage.access import Access, change, who_may
from lolpop.storage.folder import SCRATCH, Folder
from lolpop.storage.names import is_inside
from lolpop.storage.remote import Remote

_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)
_CLOCK_KEPT = 60.0
"""Seconds for which the difference between the storage's clock and ours is believed."""


class Store:
    """Bytes under keys such as `runs/local/penguins/1/run.json`.

    Args:
        url: The absolute path of a folder, which needn't exist yet, or an fsspec URL.
        access: Who may read and write in a folder; None for what its permissions say.

    Attributes:
        url: What was given.
        shown: The URL without a password, for messages.
        is_local: Whether it is a folder of this machine.
    """

    def __init__(self, url: str, access: Access | None = None) -> None:
        self.url = url
        self.shown = re.sub(r"//[^/@]*@", "//***@", url)
        with self._reporting(""):
            self._place = _place(url, access)
        self.is_local = self._place.is_local
        self._clock: tuple[float, float] | None = None

    @property
    def has_password(self) -> bool:
        """Whether a password stands in the URL."""
        return re.match(r"[^/]*://[^/@]*:[^/@]+@", self.url) is not None

    def __repr__(self) -> str:
        return f"Store({self.shown!r})"

    def read(self, key: str) -> bytes:
        """Give the content of a key.

        Raises:
            NotFoundError: There is none.
            StorageError: The storage can't be reached.
        """
        with self._reporting(key):
            return self._place.read(key)

    def write(self, key: str, data: bytes, *, durable: bool = False) -> None:
        """Put content under a key at once, in place of what was there.

        What is durable is there after a crash of the host, too.
        """
        with self._reporting(key):
            self._place.write(key, data, durable=durable)

    def create(self, key: str, data: bytes, *, durable: bool = False) -> bool:
        """Put content under a key that has none.

        Of several that try at the same time, on any machine, one gets True.
        """
        with self._reporting(key):
            return self._place.create(key, data, durable=durable)

    def adopt(self, file: Path, key: str, *, durable: bool = False) -> None:
        """Put a file made in `scratch` under a key, in place of what was there."""
        with self._reporting(key):
            self._place.adopt(file, key, durable=durable)

    def settle(self, keys: Iterable[str]) -> None:
        """Make durable what is written under keys; nothing happens where there is nothing."""
        with self._reporting(""):
            self._place.settle(keys)

    def take(self, key: str, file: Path) -> None:
        """Copy the content of a key into a file of this machine."""
        with self._reporting(key):
            self._place.take(key, file)

    def scratch(self) -> AbstractContextManager[Path]:
        """Name a file of this machine to write to and `adopt`; it is dropped at the end."""
        return self._scratch()

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        with self._reporting(SCRATCH), self._place.scratch() as draft:
            yield draft

    def exists(self, key: str) -> bool:
        """Tell whether a key has content."""
        return self.size(key) is not None

    def size(self, key: str) -> int | None:
        """Give the size of a key's content in bytes, or None if there is none."""
        with self._reporting(key):
            return self._place.size(key)

    def sizes(self, prefix: str = "") -> dict[str, int]:
        """Give the keys beneath a folder of keys, at any depth, with their sizes."""
        with self._reporting(prefix):
            found = self._place.sizes(prefix)
        return {key: found[key] for key in sorted(found) if not key.startswith(f"{SCRATCH}/")}

    def list(self, prefix: str = "") -> list[str]:
        """Give the keys beneath a folder of keys, at any depth, sorted."""
        return [*self.sizes(prefix)]

    def names(self, prefix: str = "") -> tuple[str, ...]:
        """Give the names directly beneath a folder of keys, sorted."""
        with self._reporting(prefix):
            return tuple(sorted(self._place.names(prefix)))

    def delete(self, key: str) -> None:
        """Drop a key; nothing happens if there is none."""
        with self._reporting(key):
            self._place.delete(key)

    def local_path(self, key: str) -> Path | None:
        """Give the file of a key, whether it exists or not; None if it isn't a folder."""
        place = self._place
        return place.path(key) if isinstance(place, Folder) else None

    def key_at(self, path: Path) -> str | None:
        """Give the key whose file a path is; None if it lies elsewhere."""
        root = self._place.root if isinstance(self._place, Folder) else None
        if root is None or not path.is_relative_to(root):
            return None
        return path.relative_to(root).as_posix()

    def local_folder(self, key: str) -> Path | None:
        """Make a folder in the storage, and give it; None if the storage isn't a folder."""
        place = self._place
        if not isinstance(place, Folder):
            return None
        with self._reporting(key):
            place.make(place.path(key))
        return place.path(key)

    @property
    def is_shared(self) -> bool:
        """Whether it is a folder that its group may use, too."""
        return isinstance(self._place, Folder) and self._place.access.is_shared

    def share(self, path: Path) -> None:
        """Give what was made in the storage by other means the permissions of the rest.

        Where the storage isn't shared, its folders keep others out already.
        """
        if isinstance(self._place, Folder) and self._place.access.is_shared:
            with self._reporting(""):
                change(path, self._place.access)

    def age(self, key: str) -> float:
        """Give the seconds since a key was written, all by the storage's own clock."""
        with self._reporting(key):
            return self._now() - self._place.modified(key)

    def modified(self, key: str) -> float:
        """Give the time of a key's last write, in seconds by the storage's own clock."""
        with self._reporting(key):
            return self._place.modified(key)

    def _now(self) -> float:
        ours = time.monotonic()
        if self._clock is None or ours - self._clock[0] > _CLOCK_KEPT:
            self._clock = (ours, self._place.now())
        return self._clock[1] + ours - self._clock[0]

    @contextmanager
    def _reporting(self, key: str) -> Iterator[None]:
        if key and not is_inside(key):
            raise UsageError(f"{key!r} isn't a key of the storage")
        try:
            yield
        except LolpopError:
            raise
        except FileNotFoundError as error:
            raise NotFoundError(f"{key!r} isn't in the storage {self.shown!r}") from error
        except Exception as error:  # each kind of store has errors of its own
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> StorageError:
        return StorageError(
            f"the storage {self.shown!r} can't be used from host {socket.gethostname()!r}:"
            f" {type(error).__name__}: {error}",
            url=self.shown,
            hint=_hint(error, getattr(self, "_place", None)),
        )


def is_folder(url: str) -> bool:
    """Whether a storage is a folder of this machine, whether it exists or not."""
    return "://" not in url.removeprefix("file://")


def _place(url: str, access: Access | None) -> Folder | Remote:
    path = url.removeprefix("file://")
    if not is_folder(url):
        return Remote(path)
    if not Path(path).is_absolute():
        raise UsageError(f"the storage {url!r} is neither an absolute path nor a URL")
    return Folder(Path(path), access)


def _hint(error: Exception, place: Folder | Remote | None) -> str:
    if isinstance(error, ImportError):
        return "install the fsspec file system of this kind of URL, as the message says"
    if isinstance(error, OSError) and error.errno in _REFUSED:
        return who_may(place.root) if isinstance(place, Folder) else "let this user use it"
    return "see that it exists and that this host may use it"
