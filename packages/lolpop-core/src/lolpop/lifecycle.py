"""The plugin manager: one orchestrator, the extensions around it, and their hooks checked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pluggy

from lolpop import hookspecs
from lolpop.contract.capabilities import Capability
from lolpop.errors import (
    ContractError,
    LolpopError,
    PluginError,
    PluginHookError,
    PluginIncompleteError,
    UsageError,
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
_WRAP = "mark its methods @hookimpl(wrapper=True)"


class _Hooks:
    """The hooks of one plugin: all that pluggy sees of it, compared by identity."""

    def __init__(self, plugin: object, names: Iterable[str]) -> None:
        vars(self).update({name: getattr(plugin, name) for name in names})


class _Manager(pluggy.PluginManager):
    """Takes hooks by their names, in the order of registration alone."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        if name not in HOOKS:
            return None
        marked = getattr(getattr(plugin, name), _MARK, {})
        return pluggy.HookimplOpts(
            wrapper=marked.get("wrapper", False),
            hookwrapper=marked.get("hookwrapper", False),
            optionalhook=False,
            tryfirst=False,
            trylast=False,
            specname=None,
        )


class Lifecycle:
    """Calls the hooks of one orchestrator, wrapped by extensions.

    Args:
        orchestrator: The orchestrator, built and configured.
        provider: What messages call its distribution.
        extensions: The extensions by name, outermost first, each with its provider.
        methods: Methods of the orchestrator that are the hooks in place of those with the
            hooks' names, by hook.

    Raises:
        UsageError: There is no public method of such a name.
        PluginHookError: A hook is misspelt, takes an argument that it can't get, or isn't a
            wrapper where it has to be one.
    """

    def __init__(
        self,
        orchestrator: Orchestrator,
        provider: str,
        extensions: Mapping[str, tuple[object, str]] | None = None,
        methods: Mapping[str, str] | None = None,
    ) -> None:
        self.orchestrator = orchestrator
        self.provider = provider
        self._manager = _Manager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        cls, name = type(orchestrator), type(orchestrator).__name__
        raise_first(hook_problems(cls, name, provider))
        raise_first(_shadowed(orchestrator, name, provider))
        hooks = _Hooks(orchestrator, _implemented(cls))
        for hook, method in (methods or {}).items():
            setattr(hooks, hook, _method(orchestrator, hook, method, provider))
        self._manager.register(hooks)
        for extension, (plugin, origin) in reversed(list((extensions or {}).items())):
            made = extension_of(plugin, extension, origin)
            raise_first(extension_problems(made, extension, origin))
            self._manager.register(_Hooks(made, _marked(made)))

    def implements(self, hook: str) -> bool:
        """Whether the orchestrator implements a hook; wrappers alone don't count."""
        caller = getattr(self._manager.hook, hook)
        return any(not (impl.wrapper or impl.hookwrapper) for impl in caller.get_hookimpls())

    def decorate(self, func: Callable[..., Any], instance: object) -> object:
        """Call the hook `decorate`; None leaves the method as it is.

        Raises:
            PluginError: The plugin's own code failed; the failure is the cause.
        """
        return self._called("decorate", {"func": func, "instance": instance})

    def call(self, hook: str, **arguments: Any) -> Any:
        """Call a hook that has to answer.

        Args:
            hook: The hook's name.
            arguments: All its arguments.

        Raises:
            PluginIncompleteError: The orchestrator doesn't implement it.
            ContractError: It answered None.
            PluginError: The plugin's own code failed; the failure is the cause.
        """
        name = type(self.orchestrator).__name__
        if not self.implements(hook):
            raise PluginIncompleteError(
                f"orchestrator {name!r} of {self.provider} doesn't implement {hook!r}",
                plugin=name,
                distribution=self.provider,
                hint=f"`lolpop plugins doctor {name}` shows what it lacks",
            )
        answer = self._called(hook, arguments)
        if answer is None:
            raise ContractError(f"{hook!r} of {name!r} ({self.provider}) gave nothing")
        return answer

    def _called(self, hook: str, arguments: Mapping[str, Any]) -> Any:
        try:
            return getattr(self._manager.hook, hook)(**arguments)
        except LolpopError:
            raise
        except (Exception, SystemExit) as error:
            name = type(self.orchestrator).__name__
            raise PluginError(
                f"{hook!r} of {name!r} ({self.provider}) failed: {type(error).__name__}: {error}",
                plugin=name,
                distribution=self.provider,
            ) from error


def raise_first(problems: Iterator[PluginError]) -> None:
    """Raise the first problem, if there is one."""
    for problem in problems:
        raise problem


def hook_problems(cls: type, name: str, provider: str) -> Iterator[PluginError]:
    """Find what is wrong with the hooks of an orchestrator's class."""
    yield from _misspelt(cls, name, provider)
    for hook in _implemented(cls):
        method = inspect.getattr_static(cls, hook)
        if not inspect.isfunction(method) or not inspect.signature(method).parameters:
            yield _no_method(hook, name, provider)
            continue
        options = getattr(method, _MARK, {})
        if options.get("wrapper") or options.get("hookwrapper"):
            message = f"{hook!r} of {name!r} ({provider}) is marked as a wrapper"
            hint = "only extensions wrap: mark it @hookimpl, or not at all"
            yield _hook_error(message, name, provider, hint)
        if inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method):
            message = f"{hook!r} of {name!r} ({provider}) is async, but hooks are called plainly"
            hint = "let it run its coroutine to the end with asyncio.run"
            yield _hook_error(message, name, provider, hint)
        parameters = list(inspect.signature(method).parameters.values())[1:]
        yield from _wrong_arguments(parameters, hook, name, provider)


def _implemented(cls: type) -> list[str]:
    """Name the hooks that a class has; None in place of one takes it away."""
    return [hook for hook in HOOKS if getattr(cls, hook, None) is not None]


def _no_method(hook: str, name: str, provider: str) -> PluginError:
    message = f"{hook!r} of {name!r} ({provider}) is a hook, so it must be a plain method"
    return _hook_error(message, name, provider, "make it one, or give the attribute another name")


def _shadowed(orchestrator: Orchestrator, name: str, provider: str) -> Iterator[PluginError]:
    """Find attributes of the object that stand in the place of hooks."""
    for hook in HOOKS.keys() & vars(orchestrator).keys():
        yield _no_method(hook, name, provider)


def _method(orchestrator: Orchestrator, hook: str, method: str, provider: str) -> Any:
    """Give a method that is to be a hook, checked as the hook itself is.

    Raises:
        UsageError: There is no public method of that name.
        PluginHookError: It takes an argument that the hook doesn't have.
    """
    cls, name = type(orchestrator), type(orchestrator).__name__
    found = inspect.getattr_static(cls, method, None)
    if method.startswith("_") or not inspect.isfunction(found):
        own = [each for each in vars(cls) if not each.startswith("_")]
        public = [each for each in own if inspect.isfunction(vars(cls)[each])]
        likely = nearest(method, public)
        raise UsageError(
            f"{name!r} ({provider}) has no public method {method!r} to use as {hook!r}",
            hint=f"did you mean {likely!r}?" if likely else f"it has {', '.join(public)}",
        )
    parameters = list(inspect.signature(found).parameters.values())[1:]
    raise_first(_wrong_arguments(parameters, hook, f"{name}.{method}", provider))
    return getattr(orchestrator, method)


def incomplete_hooks(cls: type[Orchestrator]) -> tuple[str, ...]:
    """Name the hooks that an orchestrator must implement and doesn't.

    One that deploys must implement all hooks, `logs` only where the engine keeps logs; one
    that only decorates needs none.
    """
    needed = set(HOOKS) - _GIVEN
    if Capability.ENGINE_LOGS not in cls.capabilities:
        needed.discard("logs")
    missing = sorted(needed.difference(_implemented(cls)))
    deploys = Capability.DEPLOYMENTS in cls.capabilities or len(missing) < len(needed)
    return tuple(missing) if deploys else ()


def extension_of(found: object, name: str, provider: str) -> object:
    """Give the extension that an entry point names; a class is called without arguments.

    Raises:
        PluginError: The class's own code failed; the failure is the cause.
    """
    if not isinstance(found, type):
        return found
    try:
        return found()
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"extension {name!r} of {provider} can't be made: {type(error).__name__}: {error}",
            plugin=name,
            distribution=provider,
            hint="lolpop calls its class without arguments",
        ) from error


def extension_problems(plugin: object, name: str, provider: str) -> Iterator[PluginError]:
    """Find what is wrong with the hooks of an extension."""
    yield from _misspelt(plugin, name, provider)
    marked = _marked(plugin)
    if not marked:
        message = f"extension {name!r} of {provider} has no hooks"
        yield _hook_error(message, name, provider, _WRAP)
    for hook in [*marked, *_unmarked(plugin)]:
        method = getattr(plugin, hook)
        options = getattr(method, _MARK, {"wrapper": False, "hookwrapper": False})
        if hook in _UNWRAPPED:
            message = f"extension {name!r} of {provider} wraps {hook!r}, which streams"
            yield _hook_error(message, name, provider, f"{hook!r} can't be wrapped: remove it")
        elif options["wrapper"] == options["hookwrapper"]:
            message = f"extension {name!r} of {provider} implements {hook!r} instead of wrapping it"
            yield _hook_error(message, name, provider, _WRAP)
        elif not inspect.isgeneratorfunction(method):
            message = f"extension {name!r} of {provider} wraps {hook!r} without a yield"
            yield _hook_error(message, name, provider, "write `result = yield` in its place")
        parameters = list(inspect.signature(method).parameters.values())
        yield from _wrong_arguments(parameters, hook, name, provider)


def _marked(plugin: object) -> list[str]:
    return [hook for hook in HOOKS if hasattr(getattr(plugin, hook, None), _MARK)]


def _unmarked(plugin: object) -> list[str]:
    """Name methods that are called like hooks; a module may have such functions."""
    if inspect.ismodule(plugin):
        return []
    named = [hook for hook in HOOKS if inspect.isroutine(getattr(plugin, hook, None))]
    return [hook for hook in named if hook not in _marked(plugin)]


def _hook_error(message: str, name: str, provider: str, hint: str) -> PluginHookError:
    return PluginHookError(message, plugin=name, distribution=provider, hint=hint)


def _misspelt(plugin: object, name: str, provider: str) -> Iterator[PluginError]:
    """Find marked methods that are no hooks, and methods that nearly are."""
    for attribute in dir(plugin):
        if attribute in HOOKS or attribute.startswith("__"):
            continue
        method = inspect.getattr_static(plugin, attribute, None)
        likely = nearest(attribute, HOOKS)
        if hasattr(method, _MARK) or (likely and _nearly(plugin, attribute, method, likely)):
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
        and bool(HOOKS[likely])
        and set(inspect.signature(method).parameters) - {"self"} == set(HOOKS[likely])
    )


def _wrong_arguments(
    parameters: Sequence[inspect.Parameter], hook: str, name: str, provider: str
) -> Iterator[PluginError]:
    """Find parameters that the hook doesn't have, or that pluggy can't fill."""
    known = HOOKS[hook]
    for parameter in parameters:
        shown = parameter.name
        why = ", which the hook doesn't have"
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            shown = str(parameter).partition(":")[0]
        elif shown in known:
            if parameter.kind is not parameter.KEYWORD_ONLY:
                continue
            why = " by keyword only, but hooks are called by position"
        message = f"{hook!r} of {name!r} ({provider}) takes {shown!r}{why}"
        hint = f"its arguments are {', '.join(known) or 'none'}"
        yield _hook_error(message, name, provider, hint)
