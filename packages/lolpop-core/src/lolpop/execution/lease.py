"""Keep an attempt's lease alive while its process works."""

from __future__ import annotations

import threading
from types import TracebackType

from lolpop.errors import StorageError
from lolpop.storage.attempts import Attempt

EVERY = 5.0


class Lease:
    """Renews an attempt's lease in the background, from entering to leaving."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lolpop-lease", daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._over.wait(EVERY):
            try:
                self._attempt.renew()
            except (OSError, StorageError):
                continue  # a storage that is away for a moment must not end the step
