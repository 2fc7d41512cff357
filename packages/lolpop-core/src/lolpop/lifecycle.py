"""The plugin manager: one orchestrator, the extensions around it, and their hooks checked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pluggy

from lolpop import hookspecs
from lolpop.contract.capabilities import Capability
from lolpop.errors import (
    ContractError,
    PluginError,
    PluginHookError,
    PluginIncompleteError,
    nearest,
)
from lolpop.orchestrator import Orchestrator

PROJECT = "lolpop"
HOOKS: Mapping[str, tuple[str, ...]] = {
    name: tuple(inspect.signature(function).parameters)
    for name, function in vars(hookspecs).items()
    if hasattr(function, f"{PROJECT}_spec")
}
_GIVEN = {"decorate", "package"}
_UNWRAPPED = {"logs"}
_MARK = f"{PROJECT}_impl"


class _Manager(pluggy.PluginManager):
    """Takes any method of an orchestrator that is named like a hook for that hook."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        opts = super().parse_hookimpl_opts(plugin, name)
        if opts is None and isinstance(plugin, Orchestrator) and name in HOOKS:
            return pluggy.HookimplOpts(
                wrapper=False,
                hookwrapper=False,
                optionalhook=False,
                tryfirst=False,
                trylast=False,
                specname=None,
            )
        return opts


class Lifecycle:
    """Calls the hooks of one orchestrator, wrapped by extensions.

    Args:
        orchestrator: The orchestrator, built and configured.
        provider: What messages call its distribution.
        extensions: The extensions by name, outermost first, each with its provider.

    Raises:
        PluginHookError: A hook is misspelt, takes an argument that it can't get, or isn't a
            wrapper where it has to be one.
    """

    def __init__(
        self,
        orchestrator: Orchestrator,
        provider: str,
        extensions: Mapping[str, tuple[object, str]] | None = None,
    ) -> None:
        self.orchestrator = orchestrator
        self.provider = provider
        self._manager = _Manager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        name = type(orchestrator).__name__
        raise_first(hook_problems(type(orchestrator), name, provider))
        self._manager.register(orchestrator, name)
        for extension, (plugin, origin) in reversed(list((extensions or {}).items())):
            made = plugin() if isinstance(plugin, type) else plugin
            raise_first(extension_problems(made, extension, origin))
            self._manager.register(made, extension)

    def implements(self, hook: str) -> bool:
        """Whether the orchestrator implements a hook; wrappers alone don't count."""
        caller = getattr(self._manager.hook, hook)
        return any(not (impl.wrapper or impl.hookwrapper) for impl in caller.get_hookimpls())

    def decorate(self, func: Callable[..., Any], instance: object) -> object:
        """Call the hook `decorate`; None leaves the method as it is."""
        return self._manager.hook.decorate(func=func, instance=instance)

    def call(self, hook: str, **arguments: Any) -> Any:
        """Call a hook that has to answer.

        Args:
            hook: The hook's name.
            arguments: All its arguments.

        Raises:
            PluginIncompleteError: The orchestrator doesn't implement it.
            ContractError: It answered None.
        """
        name = type(self.orchestrator).__name__
        if not self.implements(hook):
            raise PluginIncompleteError(
                f"orchestrator {name!r} of {self.provider} doesn't implement {hook!r}",
                plugin=name,
                distribution=self.provider,
                hint=f"`lolpop plugins doctor {name}` shows what it implements",
            )
        answer = getattr(self._manager.hook, hook)(**arguments)
        if answer is None:
            raise ContractError(f"{hook!r} of {name!r} ({self.provider}) gave nothing")
        return answer


def raise_first(problems: Iterator[PluginError]) -> None:
    """Raise the first problem, if there is one."""
    for problem in problems:
        raise problem


def hook_problems(cls: type, name: str, provider: str) -> Iterator[PluginError]:
    """Find what is wrong with the hooks of an orchestrator's class."""
    yield from _misspelt(cls, name, provider)
    for hook, known in HOOKS.items():
        method = getattr(cls, hook, None)
        if method is None:
            continue
        if not inspect.isfunction(method):
            message = f"{hook!r} of {name!r} ({provider}) is a hook, so it must be a method"
            yield _hook_error(message, name, provider, "give the attribute another name")
            continue
        yield from _wrong_arguments(method, hook, known, name, provider)


def incomplete_hooks(cls: type[Orchestrator]) -> tuple[str, ...]:
    """Name the hooks that an orchestrator must implement and doesn't.

    One that deploys must implement all hooks, `logs` only where the engine keeps logs; one
    that only decorates needs none.
    """
    needed = set(HOOKS) - _GIVEN
    if Capability.ENGINE_LOGS not in cls.capabilities:
        needed.discard("logs")
    missing = sorted(hook for hook in needed if not hasattr(cls, hook))
    deploys = Capability.DEPLOYMENTS in cls.capabilities or len(missing) < len(needed)
    return tuple(missing) if deploys else ()


def extension_problems(plugin: object, name: str, provider: str) -> Iterator[PluginError]:
    """Find what is wrong with the hooks of an extension."""
    yield from _misspelt(plugin, name, provider)
    found = False
    for hook, known in HOOKS.items():
        method = getattr(plugin, hook, None)
        options = getattr(method, _MARK, None)
        if options is None:
            continue
        found = True
        if hook in _UNWRAPPED or not (options["wrapper"] or options["hookwrapper"]):
            message = f"extension {name!r} of {provider} implements {hook!r} instead of wrapping it"
            if hook in _UNWRAPPED:
                message = f"extension {name!r} of {provider} wraps {hook!r}, which streams"
            hint = "mark it @hookimpl(wrapper=True)"
            yield _hook_error(message, name, provider, None if hook in _UNWRAPPED else hint)
        yield from _wrong_arguments(method, hook, known, name, provider)
    if not found:
        message = f"extension {name!r} of {provider} has no hooks"
        yield _hook_error(message, name, provider, "mark its methods @hookimpl(wrapper=True)")


def _hook_error(message: str, name: str, provider: str, hint: str | None) -> PluginHookError:
    return PluginHookError(message, plugin=name, distribution=provider, hint=hint)


def _misspelt(plugin: object, name: str, provider: str) -> Iterator[PluginError]:
    """Find marked methods that are no hooks, and methods that nearly are."""
    for attribute in dir(plugin):
        if attribute in HOOKS or attribute.startswith("__"):
            continue
        method = inspect.getattr_static(plugin, attribute)
        marked = getattr(method, _MARK, None) is not None
        likely = nearest(attribute, HOOKS)
        if marked or (likely and _nearly(plugin, attribute, method, likely)):
            hint = f"did you mean {likely!r}?" if likely else f"hooks: {', '.join(sorted(HOOKS))}"
            message = f"{attribute!r} of {name!r} ({provider}) is no hook"
            yield _hook_error(message, name, provider, hint)


def _nearly(plugin: object, attribute: str, method: object, likely: str) -> bool:
    """Whether an unmarked method was surely meant for a hook that is missing otherwise."""
    return (
        isinstance(plugin, type)
        and issubclass(plugin, Orchestrator)
        and not attribute.startswith("_")
        and inspect.isfunction(method)
        and not hasattr(plugin, likely)
        and set(inspect.signature(method).parameters) - {"self"} == set(HOOKS[likely])
    )


def _wrong_arguments(
    method: Any, hook: str, known: tuple[str, ...], name: str, provider: str
) -> Iterator[PluginError]:
    parameters = list(inspect.signature(method).parameters.values())
    if parameters and parameters[0].name == "self":
        parameters = parameters[1:]
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            shown = str(parameter).partition(":")[0]
        elif parameter.name not in known:
            shown = parameter.name
        else:
            continue
        message = f"{hook!r} of {name!r} ({provider}) takes {shown!r}, which the hook doesn't have"
        hint = f"its arguments are {', '.join(known) or 'none'}"
        yield _hook_error(message, name, provider, hint)
