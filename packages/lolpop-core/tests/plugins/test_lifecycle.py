"""The hooks of one orchestrator and of the extensions around it."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import pytest

from lolpop import LolpopError, Orchestrator, hookimpl
from lolpop.contract.capabilities import Capability
from lolpop.contract.options import DeployOptions, Options, RunOptions
from lolpop.errors import ContractError, PluginError, PluginHookError, PluginIncompleteError
from lolpop.lifecycle import HOOKS, Lifecycle, hook_problems, incomplete_hooks

WRAP = "mark its methods @hookimpl(wrapper=True)"
DEPLOY = "its arguments are package, deployment, options"


def made(cls: type[Orchestrator], **extensions: object) -> Lifecycle:
    named = {name: (extension, f"{name}-dist 1.0") for name, extension in extensions.items()}
    return Lifecycle(cls.create(), "mine 1.0", named)


def refused(cls: type[Orchestrator], **extensions: object) -> tuple[str, str | None]:
    with pytest.raises(PluginHookError) as error:
        made(cls, **extensions)
    assert error.value.exit_code == 3
    return error.value.message, error.value.hint


def orchestrator(**body: Any) -> type[Orchestrator]:
    return type("Mine", (Orchestrator,), body)


class Plain(Orchestrator):
    def deployments(self) -> Any:
        return ["one"]

    def runs(self, deployment_name: str, active: bool) -> Any:
        return [deployment_name, active]

    def status(self, ref: Any) -> None:
        return None

    def remove(self, deployment_name: str) -> str:
        raise ValueError(f"no {deployment_name}")

    def stop(self, options: Any) -> None:
        raise LolpopError("said by the plugin")

    def logs(self, ref: Any) -> Iterator[str]:
        yield ref


def test_a_hook_is_called_by_keyword_and_may_leave_arguments_out() -> None:
    assert made(Plain).call("runs", active=True, deployment_name="x") == ["x", True]
    assert list(made(Plain).call("logs", ref="r", step=None, follow=False)) == ["r"]


def test_a_hook_that_is_not_implemented_is_refused() -> None:
    with pytest.raises(PluginIncompleteError) as error:
        made(Plain).call("plan", package=1, deployment=2, options=3)
    assert error.value.message == "orchestrator 'Plain' of mine 1.0 doesn't implement 'plan'"
    assert error.value.hint == "`lolpop plugins doctor Plain` shows what it lacks"


def test_none_is_no_answer() -> None:
    with pytest.raises(ContractError) as error:
        made(Plain).call("status", ref=1)
    assert error.value.message == "'status' of 'Plain' (mine 1.0) gave nothing"


def test_what_the_plugin_raises_unawares_is_its_own_fault() -> None:
    with pytest.raises(PluginError) as error:
        made(Plain).call("remove", deployment_name="x", options=None)
    assert error.value.message == "'remove' of 'Plain' (mine 1.0) failed: ValueError: no x"
    assert isinstance(error.value.__cause__, ValueError)


def test_what_the_plugin_raises_on_purpose_passes() -> None:
    with pytest.raises(LolpopError, match=r"^said by the plugin$"):
        made(Plain).call("stop", deployment_name="x", run_id=None, options=None)


def test_an_override_without_the_marker_keeps_the_hook() -> None:
    class Marked(Orchestrator):
        @hookimpl
        def deployments(self) -> Any:
            return ["marked"]

    class Unmarked(Marked):
        def deployments(self) -> Any:
            return ["unmarked", *super().deployments()]

    assert made(Marked).call("deployments") == ["marked"]
    assert made(Unmarked).call("deployments") == ["unmarked", "marked"]


def test_none_takes_an_inherited_hook_away() -> None:
    class Less(Plain):
        deployments = None  # type: ignore[assignment]

    assert not made(Less).implements("deployments")


def test_no_hook_is_tried_first_by_its_marker() -> None:
    class First(Orchestrator):
        @hookimpl(tryfirst=True)
        def deployments(self) -> Any:
            return ["x"]

    assert made(First).call("deployments") == ["x"]


def test_an_argument_with_a_default_reaches_the_hook() -> None:
    class Defaulted(Orchestrator):
        def runs(self, deployment_name: str = "none", active: bool = False) -> Any:
            return [deployment_name, active]

    assert made(Defaulted).call("runs", deployment_name="x", active=True) == ["x", True]


def test_properties_are_not_evaluated() -> None:
    class Connecting(Plain):
        @property
        def client(self) -> Any:
            raise AssertionError("connected")

        @cached_property
        def session(self) -> Any:
            raise AssertionError("connected")

    assert made(Connecting).call("deployments") == ["one"]


def test_the_first_parameter_may_have_any_name() -> None:
    def deployments(this: Any) -> Any:
        return [type(this).__name__]

    assert made(orchestrator(deployments=deployments)).call("deployments") == ["Mine"]


async def coroutine(self: Any, package: Any) -> None: ...


async def async_generator(self: Any, ref: Any) -> Any:
    yield ref


METHOD = "make it one, or give the attribute another name"
ASYNC = "let it run its coroutine to the end with asyncio.run"


@pytest.mark.parametrize(
    ("body", "message", "hint"),
    [
        (
            {"runs": 7},
            "'runs' of 'Mine' (mine 1.0) is a hook, so it must be a plain method",
            METHOD,
        ),
        (
            {"status": property(lambda self: 1)},
            "'status' of 'Mine' (mine 1.0) is a hook, so it must be a plain method",
            METHOD,
        ),
        (
            {"deploy": staticmethod(lambda package: 1)},
            "'deploy' of 'Mine' (mine 1.0) is a hook, so it must be a plain method",
            METHOD,
        ),
        (
            {"deploy": classmethod(lambda cls, package: 1)},
            "'deploy' of 'Mine' (mine 1.0) is a hook, so it must be a plain method",
            METHOD,
        ),
        (
            {"deployments": lambda: 1},
            "'deployments' of 'Mine' (mine 1.0) is a hook, so it must be a plain method",
            METHOD,
        ),
        (
            {"deploy": coroutine},
            "'deploy' of 'Mine' (mine 1.0) is async, but hooks are called plainly",
            ASYNC,
        ),
        (
            {"logs": async_generator},
            "'logs' of 'Mine' (mine 1.0) is async, but hooks are called plainly",
            ASYNC,
        ),
        (
            {"deploy": hookimpl(wrapper=True)(lambda self, package: (yield))},
            "'deploy' of 'Mine' (mine 1.0) is marked as a wrapper",
            "only extensions wrap: mark it @hookimpl, or not at all",
        ),
        (
            {"deploy": lambda self, package, extra=1: 1},
            "'deploy' of 'Mine' (mine 1.0) takes 'extra', which the hook doesn't have",
            DEPLOY,
        ),
        (
            {"deploy": lambda self, *args: 1},
            "'deploy' of 'Mine' (mine 1.0) takes '*args', which the hook doesn't have",
            DEPLOY,
        ),
        (
            {"deploy": lambda self, **kwargs: 1},
            "'deploy' of 'Mine' (mine 1.0) takes '**kwargs', which the hook doesn't have",
            DEPLOY,
        ),
        (
            {"deploy": lambda self, *, package: 1},
            "'deploy' of 'Mine' (mine 1.0) takes 'package' by keyword only,"
            " but hooks are called by position",
            DEPLOY,
        ),
        (
            {"deployments": lambda self, project: 1},
            "'deployments' of 'Mine' (mine 1.0) takes 'project', which the hook doesn't have",
            "its arguments are none",
        ),
        (
            {"depoly": hookimpl(lambda self, package: 1)},
            "'depoly' of 'Mine' (mine 1.0) is no hook",
            "did you mean 'deploy'?",
        ),
        (
            {"depoly": lambda self, package, deployment, options: 1},
            "'depoly' of 'Mine' (mine 1.0) is no hook",
            "did you mean 'deploy'?",
        ),
        (
            {"zzz": hookimpl(lambda self: 1)},
            "'zzz' of 'Mine' (mine 1.0) is no hook",
            "hooks: decorate, deploy, deployments, logs, package, plan, remove, run, runs, status,"
            " stop",
        ),
    ],
)
def test_a_hook_that_cannot_work_is_refused(body: dict[str, Any], message: str, hint: str) -> None:
    assert refused(orchestrator(**body)) == (message, hint)


@pytest.mark.parametrize(
    "body",
    [
        {"depoly": lambda self, package: 1},
        {"_deploy": lambda self, package, deployment, options: 1},
        {"deployment": lambda self: 1},
        {"deployed": 7},
        {
            "deploy": lambda self, package: 1,
            "deploy_": lambda self, package, deployment, options: 1,
        },
    ],
)
def test_other_methods_are_left_alone(body: dict[str, Any]) -> None:
    assert not list(hook_problems(orchestrator(**body), "Mine", "mine 1.0"))
    made(orchestrator(**body))


def test_an_attribute_of_the_object_cannot_stand_in_for_a_hook() -> None:
    class Shadowed(Plain):
        def __init__(self) -> None:
            self.runs = {}  # type: ignore[assignment,method-assign]

    message = "'runs' of 'Shadowed' (mine 1.0) is a hook, so it must be a plain method"
    assert refused(Shadowed) == (message, METHOD)


def test_every_hook_of_the_base_class_is_sound() -> None:
    assert not list(hook_problems(Orchestrator, "Orchestrator", "lolpop-core"))


class Outer:
    @hookimpl(wrapper=True)
    def deployments(self) -> Any:
        found = yield
        return ["outer", *found]


class Inner:
    @hookimpl(wrapper=True, tryfirst=True)
    def deployments(self) -> Any:
        found = yield
        return ["inner", *found]


def test_extensions_wrap_in_the_order_written() -> None:
    assert made(Plain, a=Outer, b=Inner).call("deployments") == ["outer", "inner", "one"]
    assert made(Plain, a=Inner, b=Outer).call("deployments") == ["inner", "outer", "one"]


def test_an_extension_may_be_an_instance_or_a_module() -> None:
    module = types.ModuleType("extension")
    module.deployments = Outer().deployments  # type: ignore[attr-defined]
    module.run = print  # type: ignore[attr-defined]
    assert made(Plain, a=module, b=Inner()).call("deployments") == ["outer", "inner", "one"]


def test_an_old_style_wrapper_is_a_wrapper() -> None:
    class Old:
        @hookimpl(hookwrapper=True)
        def deployments(self) -> Any:
            outcome = yield
            outcome.force_result(["forced"])

    assert made(Plain, a=Old).call("deployments") == ["forced"]


def test_a_wrapper_alone_implements_nothing() -> None:
    lifecycle = made(orchestrator(), a=Outer)
    assert not lifecycle.implements("deployments")
    with pytest.raises(PluginIncompleteError):
        lifecycle.call("deployments")


def test_equal_objects_are_different_plugins() -> None:
    @dataclass
    class Equal(Orchestrator):
        def deployments(self) -> Any:
            return ["equal"]

    @dataclass
    class Wrapper(Outer):
        pass

    assert made(Equal, a=Wrapper(), b=Wrapper()).call("deployments") == ["outer", "outer", "equal"]
    one = Wrapper()
    assert made(Equal, a=one, b=one).call("deployments") == ["outer", "outer", "equal"]


def test_an_extension_may_have_the_orchestrators_name() -> None:
    assert made(Plain, Plain=Outer).call("deployments") == ["outer", "one"]


def extension(**body: Any) -> object:
    return type("Extension", (), body)


wrapper = hookimpl(wrapper=True)


@pytest.mark.parametrize(
    ("body", "message", "hint"),
    [
        ({}, "extension 'a' of a-dist 1.0 has no hooks", WRAP),
        (
            {"deploy": hookimpl(lambda self, package: 1)},
            "extension 'a' of a-dist 1.0 implements 'deploy' instead of wrapping it",
            WRAP,
        ),
        (
            {"deploy": lambda self: 1, "plan": wrapper(lambda self: (yield))},
            "extension 'a' of a-dist 1.0 implements 'deploy' instead of wrapping it",
            WRAP,
        ),
        (
            {"deploy": hookimpl(wrapper=True, hookwrapper=True)(lambda self: (yield))},
            "extension 'a' of a-dist 1.0 implements 'deploy' instead of wrapping it",
            WRAP,
        ),
        (
            {"deploy": wrapper(lambda self: 1)},
            "extension 'a' of a-dist 1.0 wraps 'deploy' without a yield",
            "write `result = yield` in its place",
        ),
        (
            {"logs": wrapper(lambda self: (yield))},
            "extension 'a' of a-dist 1.0 wraps 'logs', which streams",
            "'logs' can't be wrapped: remove it",
        ),
        (
            {"deploy": wrapper(lambda self, pakage: (yield))},
            "'deploy' of 'a' (a-dist 1.0) takes 'pakage', which the hook doesn't have",
            DEPLOY,
        ),
        (
            {"depoly": wrapper(lambda self: (yield))},
            "'depoly' of 'a' (a-dist 1.0) is no hook",
            "did you mean 'deploy'?",
        ),
    ],
)
def test_an_extension_that_cannot_work_is_refused(
    body: dict[str, Any], message: str, hint: str
) -> None:
    assert refused(Plain, a=extension(**body)) == (message, hint)


def test_an_extension_that_cannot_be_made_is_named() -> None:
    class Broken:
        def __init__(self, needed: int) -> None: ...

    with pytest.raises(PluginError) as error:
        made(Plain, a=Broken)
    start = "extension 'a' of a-dist 1.0 can't be made: TypeError: "
    assert error.value.message.startswith(start)
    assert error.value.message.endswith("missing 1 required positional argument: 'needed'")
    assert error.value.hint == "lolpop calls its class without arguments"


def test_decorating_calls_the_method_that_is_named() -> None:
    class Decorating(Orchestrator):
        decorator_method = "task"

        def task(self, func: Any, instance: Any) -> Any:
            return lambda: [func(), instance]

    wrapped = made(Decorating).decorate(lambda: 1, "instance")
    assert callable(wrapped)
    assert wrapped() == [1, "instance"]
    assert made(orchestrator()).decorate(print, None) is None


def test_a_decorator_that_fails_is_the_plugins_fault() -> None:
    failing = orchestrator(decorator=lambda self, func, instance: {}["token"])
    with pytest.raises(PluginError) as error:
        made(failing).decorate(print, None)
    assert error.value.message == "'decorate' of 'Mine' (mine 1.0) failed: KeyError: 'token'"


class Mixin:
    pass


def test_options_are_inherited() -> None:
    class Deploying(DeployOptions):
        fast: bool = False

    class Running(RunOptions):
        pool: str = "x"

    class First(Mixin, Orchestrator):
        options: ClassVar[dict[str, type[Options]]] = {"build": Deploying}

    class Second(First):
        options: ClassVar[dict[str, type[Options]]] = {"run": Running}

    assert First.options["run"] is RunOptions
    assert (Second.options["build"], Second.options["run"]) == (Deploying, Running)
    assert list(Second.options) == list(Orchestrator.options)


ALL = {name: lambda self: 1 for name in HOOKS if name not in ("decorate", "package")}
DEPLOYS = {"capabilities": frozenset({Capability.DEPLOYMENTS})}
LOGS = {"capabilities": frozenset({Capability.DEPLOYMENTS, Capability.ENGINE_LOGS})}


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ({}, ()),
        (ALL, ()),
        ({**ALL, "logs": None}, ()),
        ({**ALL, **LOGS, "logs": None}, ("logs",)),
        ({**ALL, "stop": None, "runs": None}, ("runs", "stop")),
        (DEPLOYS, ("deploy", "deployments", "plan", "remove", "run", "runs", "status", "stop")),
    ],
)
def test_an_orchestrator_that_deploys_implements_every_hook(
    body: dict[str, Any], missing: tuple[str, ...]
) -> None:
    assert incomplete_hooks(orchestrator(**body)) == missing
