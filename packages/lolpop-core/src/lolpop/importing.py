"""How imports are made quick: what they leave is there to stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def permanent() -> Iterator[None]:
    """Keep the garbage collector from what is imported meanwhile, and from all there is by then.

    It would go through that again and again, and once more at the end of the process: a fifth
    of the time of a command that imports an engine's own package.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
