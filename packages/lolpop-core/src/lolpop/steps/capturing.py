"""Walk through a runner's entrypoint once, with references in place of values."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from traceback import walk_tb
from types import FunctionType
from typing import Any

from lolpop.contract.graph import Collapse, Granularity, Group, Order, StepGraph
from lolpop.errors import ContractError
from lolpop.steps.callees import Callee, Callees, bound, references
from lolpop.steps.calls import Guard
from lolpop.steps.composition import Compositions
from lolpop.steps.configs import captured_config
from lolpop.steps.effects import Effects
from lolpop.steps.expressions import REST, Encoder, Expr
from lolpop.steps.finishing import finished
from lolpop.steps.guards import SMALLER, declaring
from lolpop.steps.recording import Frame, Read, Recorded, Recording, Route
from lolpop.steps.references import (
    Collapsed,
    StandIn,
    dotted,
    is_reference,
    target_of,
)
from lolpop.steps.rewriting import GUARD
from lolpop.steps.source import Sources
from lolpop.steps.state import conflicts
from lolpop.workflow.blueprint import Blueprint, Part
from lolpop.workflow.integration import Integration

DEEPEST = 80
"""How many own methods may be inside each other; the next one is a step."""

_Arguments = tuple[Sequence[Any], Mapping[str, Any]]


def capture(
    blueprint: Blueprint,
    entrypoint: str,
    granularity: Granularity = Granularity.PIPELINE,
    order: Order = Order.PROGRAM,
    stateless: Callable[[str], bool] = lambda name: False,
) -> StepGraph:
    """Find the steps of a workflow.

    Of its integrations only the runner is made. What the composition prints is printed.

    Args:
        blueprint: The workflow, checked; its project's modules are importable.
        entrypoint: The runner's method.
        granularity: How large the steps are.
        order: Whether steps run in program order or as their data allow.
        stateless: Whether what a step's method writes is no state of others, by its name.
    """
    with _collector_paused():
        walk = _Capture(blueprint, entrypoint, granularity)
        result = walk.walked({})
        forced: dict[Route, Collapsed] = {}
        while found := conflicts(walk.recording, result, walk.effects, stateless):
            forced.update(found)
            result = walk.walked(forced)
        graph = finished(walk.recording, result, walk.sources, granularity, order)
    for say in walk.recording.said:
        say()
    return graph


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector: nearly all that a capture makes stays, and it is a lot."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Capture:
    def __init__(self, blueprint: Blueprint, entrypoint: str, granularity: Granularity) -> None:
        self._runner = blueprint.runner
        self._entrypoint = entrypoint
        self._granularity = granularity
        self._folder = blueprint.document.folder
        self._configs: dict[Part, Any] = {}
        self._stand_ins: dict[Part, StandIn] = {}
        self._callees = Callees()
        self._steps: set[tuple[Part, str]] = set()
        self._forced: Mapping[Route, Collapsed] = {}
        self._object: object = None
        self._failure: Collapsed | None = None
        self.sources = Sources(self._folder)
        self.effects = Effects(self.sources, blueprint.parts)
        self.recording = Recording()
        self._compositions = Compositions(self.sources, Guard(self))
        if granularity is not Granularity.RUNNER:
            self._construct()

    def _construct(self) -> None:
        try:
            self._object = self._made()
        except (Collapsed, Exception) as error:
            found = self._collapsed(error, inspect.getattr_static(self._runner.cls, "__init__"))
            reason = f"the runner can't be made before the run: its __init__ {found.reason}"
            self._failure = Collapsed(reason, found.hint, found.file, found.line)

    def _made(self) -> Integration:
        cls = self._runner.cls
        assert cls is not None
        made = cls.__new__(cls)
        name = self._runner.section.name or cls.__name__
        made.__dict__.update(config=self.config(self._runner), name=name)
        for key, part in self._runner.visible().items():
            current = getattr(cls, key, None)
            if not callable(current) and not isinstance(current, property):
                made.__dict__[key] = self.stand_in(part)
        cls.__init__(made)
        return made

    # What guards ask

    def config(self, part: Part) -> Any:
        if part not in self._configs:
            self._configs[part] = captured_config(part, self._folder)
        return self._configs[part]

    def stand_in(self, part: Part) -> StandIn:
        if part not in self._stand_ins:
            self._stand_ins[part] = StandIn(part)
        return self._stand_ins[part]

    def read(self, part: Part, name: str) -> None:
        if name in part.visible() or name in ("config", "name", "kind"):
            return
        frame = self.recording.frame
        code = inspect.currentframe()
        while code is not None and GUARD not in code.f_globals:
            code = code.f_back
        file, line = (code.f_code.co_filename, code.f_lineno) if code else ("", 0)
        before = len(self.recording.steps)
        self.recording.reads.append(Read(before, part, name, frame.route, file, line))

    def own(self, owner: type, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return self._enter(self.recording.frame.part, owner, name, (args, kwargs))

    def other(self, part: Part, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if (part, name) in self._steps:
            return self._step(part, name, (args, kwargs), None)
        label = f"{dotted(part)}.{name}"
        if name.startswith("_"):
            raise Collapsed(f"calls the private method {label}", "give it a public name")
        owner = declaring(part, name)
        method = vars(owner)[name]
        if not isinstance(method, FunctionType | staticmethod | classmethod):
            raise Collapsed(f"calls {label}, which isn't a method", SMALLER)
        if _is_lazy(method):
            hint = "let it return all of its result at once"
            raise Collapsed(f"calls {label}, whose result can't be stored", hint)
        opened = self._granularity is Granularity.COMPONENT and part.section.kind == "pipeline"
        if opened:
            return self._enter(part, owner, name, (args, kwargs))
        self._steps.add((part, name))
        return self._step(part, name, (args, kwargs), None)

    # Walking

    def walked(self, forced: Mapping[Route, Collapsed]) -> Expr | None:
        """Walk through the entrypoint, and give what it returns."""
        self._forced = forced
        self.recording = Recording()
        cls = self._runner.cls
        owner = declaring(self._runner, self._entrypoint)
        frame = Frame(self._runner, self._object, owner)
        mark = self.recording.mark()
        if self._granularity is Granularity.RUNNER:
            return self._whole(None)
        assert cls is not None
        try:
            return self._through(frame)
        except (Collapsed, Exception) as error:
            function = inspect.unwrap(vars(owner)[self._entrypoint])
            found = self._collapsed(error, function)
            self.recording.rewind(mark, frame)
            return self._whole(found)

    def _through(self, frame: Frame) -> Expr | None:
        failure = self._failure or self._forced.get(())
        if failure:
            raise failure
        function = vars(frame.owner)[self._entrypoint]
        method = self._compositions.made(function, frame.owner)
        args, kwargs = references(self._callees.of(self._runner, self._entrypoint).signature)
        self.recording.frames.append(frame)
        try:
            result = method(frame.receiver, *args, **kwargs)
        finally:
            self.recording.frames.pop()
        return None if result is None else self._encoded(result, Encoder(str(self._folder)))

    def _whole(self, collapsed: Collapsed | None) -> Expr:
        """Make the whole workflow one step."""
        parameters = self._callees.of(self._runner, self._entrypoint).signature
        args, kwargs = references(parameters, whole=True)
        frame = Frame(self._runner, self._object, declaring(self._runner, self._entrypoint))
        self.recording.frames.append(frame)
        result = self._step(self._runner, self._entrypoint, (args, kwargs), collapsed)
        self.recording.frames.pop()
        return Encoder().encode(result)

    def _enter(self, part: Part, owner: type, name: str, given: _Arguments) -> Any:
        """Walk through a method, or make it one step."""
        caller = self.recording.frame
        route = (*caller.route, caller.calls)
        caller.calls += 1
        receiver = self._object if part is self._runner else self.stand_in(part)
        frame = Frame(part, receiver, owner, caller.group, route)
        mark = self.recording.mark()
        try:
            result = self._inside(frame, name, given)
        except (Collapsed, Exception) as error:
            found = self._collapsed(error, vars(owner)[name])
        else:
            if len(self.recording.steps) == mark.steps:
                self.recording.drop_groups(mark)
            self.recording.leave(frame)
            return result
        self.recording.rewind(mark, frame)
        if owner is not declaring(part, name):
            raise found
        return self._step(part, name, given, found)

    def _inside(self, frame: Frame, name: str, given: _Arguments) -> Any:
        if frame.route in self._forced:
            raise self._forced[frame.route]
        if len(self.recording.frames) >= DEEPEST:
            raise Collapsed(f"is one of more than {DEEPEST} methods inside each other")
        method = self._compositions.made(vars(frame.owner)[name], frame.owner)
        if frame.owner is declaring(frame.part, name):
            label = self.recording.named(".".join((*target_of(frame.part), name)))
            frame.group = (*frame.group, label)
            self.recording.groups.append(Group(frame.group, _doc(vars(frame.owner)[name])))
        args, kwargs = given
        self.recording.frames.append(frame)
        try:
            return method(frame.receiver, *args, **kwargs)
        finally:
            self.recording.frames.pop()

    # Steps

    def _step(self, part: Part, name: str, given: _Arguments, collapsed: Collapsed | None) -> Any:
        caller = self.recording.frame
        callee = self._callees.of(part, name)
        self._check_in_place(part, name, callee, given)
        call, by_name = self._call(name, callee, given)
        named = self.recording.named(callee.label)
        collapse = self._collapse(named, collapsed) if collapsed else None
        group, route = caller.group, caller.route
        recorded = Recorded(
            named, part, name, callee.function, call, by_name, group, route, collapse
        )
        return self.recording.add(recorded)

    def _call(
        self, name: str, callee: Callee, given: _Arguments
    ) -> tuple[dict[str, Any], dict[str, Expr]]:
        encoder = Encoder(str(self._folder))
        args = [self._encoded(each, encoder) for each in given[0]]
        kwargs = {key: self._encoded(each, encoder) for key, each in given[1].items()}
        call = {"target": list(callee.target), "method": name, "args": args, "kwargs": kwargs}
        try:
            named = {key: value for key, value in kwargs.items() if key != REST}
            by_name = callee.signature.bind(*args, **named).arguments
        except TypeError as error:
            raise Collapsed(
                f"calls {callee.label} with arguments that don't fit: {error}"
            ) from error
        return call, by_name

    def _encoded(self, value: object, encoder: Encoder) -> Expr:
        try:
            return encoder.encode(value)
        except ContractError as error:
            hint = "hand over plain values, and make the rest in the step"
            raise Collapsed(
                f"hands over what can't be written down: {error.message}", hint
            ) from error

    def _check_in_place(self, part: Part, name: str, callee: Callee, given: _Arguments) -> None:
        """Refuse to hand a list to a method that changes it: the runner's own would stay."""
        changed = self.effects.of(part, name).changed
        if not changed:
            return
        args, kwargs = given
        named = {key: value for key, value in kwargs.items() if key != REST}
        for key, value in bound(callee.signature, args, named).items():
            if key in changed and _is_mutable(value):
                line = self.effects.shown(changed[key])
                hint = "let the method return what it makes, and use that"
                raise Collapsed(f"hands {key!r} to {callee.label}, which changes it ({line})", hint)

    # Collapses

    def _collapsed(self, error: BaseException, function: Any) -> Collapsed:
        """Say why a method doesn't split, and which line is at fault."""
        if isinstance(error, Collapsed) and error.file:
            return error
        file, line = _place_in(function)
        for frame, number in walk_tb(error.__traceback__):
            if GUARD in frame.f_globals:
                file, line = frame.f_code.co_filename, number
        if isinstance(error, Collapsed):
            return Collapsed(error.reason, error.hint, file, error.line or line)
        return Collapsed(f"raises {type(error).__name__}: {_text(error)}", None, file, line)

    def _collapse(self, name: str, found: Collapsed) -> Collapse:
        file = self.sources.shown(found.file or "")
        return Collapse(step=name, file=file, line=found.line, reason=found.reason, hint=found.hint)


def _is_lazy(method: Any) -> bool:
    function = inspect.unwrap(getattr(method, "__func__", method))
    kinds = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    return any(kind(function) for kind in kinds)


def _is_mutable(value: Any) -> bool:
    if type(value) is tuple:
        return any(map(_is_mutable, value))
    return not is_reference(value) and type(value) in (list, dict, set)


def _doc(function: Any) -> str | None:
    text = getattr(function, "__doc__", None)
    return inspect.cleandoc(text) if text else None


def _place_in(function: Any) -> tuple[str, int]:
    code = getattr(inspect.unwrap(getattr(function, "__func__", function)), "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code else ("", 0)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Collapsed:
        return "…"
