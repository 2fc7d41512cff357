"""Choose the method that starts a workflow."""

from __future__ import annotations

from lolpop.errors import UsageError, listing, nearest
from lolpop.workflow.decoration import public_methods
from lolpop.workflow.integration import Integration


def choose(cls: type[Integration], asked: str | None) -> str:
    """Choose a runner's entrypoint.

    Args:
        cls: The runner's class.
        asked: The method that was named, or None: then `run`, else the only public method.

    Raises:
        UsageError: There is no such method, it is private, or there are several.
    """
    methods = list(public_methods(cls))
    if asked is None:
        if "run" in methods:
            return "run"
        if len(methods) == 1:
            return methods[0]
        message = f"{cls.__name__} has no method 'run', and {len(methods)} public methods"
        hint = "write `entrypoint: METHOD`, or name it with -e"
        raise UsageError(f"{message}: {listing(methods)}", hint=hint)
    if asked in methods:
        return asked
    if asked.startswith("_"):
        raise UsageError(
            f"{cls.__name__}.{asked} is private: it can't be an entrypoint",
            hint=f"public methods: {listing(methods)}",
        )
    likely = nearest(asked, methods)
    hint = f"did you mean {likely!r}?" if likely else f"public methods: {listing(methods)}"
    raise UsageError(f"{cls.__name__} has no method {asked!r}", hint=hint)
