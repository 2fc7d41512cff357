"""What a person sees while the workflow runs."""

import functools
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import lolpop

P = ParamSpec("P")
R = TypeVar("R")


class StdOutNotifier(lolpop.Component):
    """Tell people on standard output."""

    def notify(self, message: str) -> None:
        """Print one line at once."""
        print(message, flush=True)


class Timer(lolpop.Component):
    """Print how long each decorated method took, whether it succeeded or not."""

    def decorator(
        self, func: Callable[P, R], instance: lolpop.Component | lolpop.Pipeline | lolpop.Runner
    ) -> Callable[P, R]:
        """Wrap one bound method of one integration."""
        label = f"{instance.name}.{func.__name__}"

        @functools.wraps(func)
        def timed(*args: P.args, **kwargs: P.kwargs) -> R:
            start = time.perf_counter()
            try:
                return func(*args, **kwargs)
            finally:
                print(f"  {label}: {time.perf_counter() - start:.3f} s", flush=True)

        return timed
