"""The base class of all orchestrators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from lolpop.contract import Package, Stopped, Workflow
from lolpop.contract.capabilities import Capability
from lolpop.contract.options import (
    DeployOptions,
    Options,
    PackageOptions,
    PlanOptions,
    RemoveOptions,
    RunOptions,
    StopOptions,
)
from lolpop.errors import NotStoppedError
from lolpop.package.standard import package_workflow
from lolpop.workflow.integration import Component


class Orchestrator(Component):
    """Subclass this to make an orchestrator; a method named like a hook is that hook.

    `lolpop.hookspecs` says what each hook has to do. What the engine needs to be told goes
    into a nested `class Config(lolpop.Config)`.

    Attributes:
        capabilities: What the engine can do; what isn't declared is unsupported.
        options: The options of each verb, by the verb's name; a subclass names only those
            that it extends, the others are inherited.
        storage: The absolute URL of the project's storage; the core sets it.
        decoration: What the step command's `--decorate FILE` holds for this orchestrator, if it
            declares `decorates_inside_steps`; the core sets it.
        decorator_method: The method that wraps others in `lolpop run workflow`.
    """

    kind = "orchestrator"
    capabilities: ClassVar[frozenset[Capability]] = frozenset()
    options: ClassVar[Mapping[str, type[Options]]] = {
        "package": PackageOptions,
        "plan": PlanOptions,
        "build": DeployOptions,
        "run": RunOptions,
        "stop": StopOptions,
        "remove": RemoveOptions,
    }
    decorator_method: str = "decorator"
    storage: str = ""
    decoration: str = ""

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Inherit the options of verbs that the subclass doesn't name."""
        super().__init_subclass__(**keywords)
        inherited = super(cls, cls).options  # type: ignore[misc]
        cls.options = {**inherited, **vars(cls).get("options", {})}

    @property
    def address(self) -> str | None:
        """Where `deployments` looks, as messages may show it; None if that is in the storage.

        A plugin whose config names a server or a folder of the engine's overrides it: two of
        them hold different deployments. `lolpop storage prune` deletes no package of a
        deployment that was made at another address.
        """
        return None

    @property
    def elsewhere(self) -> str | None:
        """The host that the engine starts steps on; None if it is this one, or not known.

        A plugin whose engine may be elsewhere overrides it: a folder there isn't the folder
        of the same path here.
        """
        return None

    @property
    def shared_filesystem(self) -> bool:
        """Whether the config says that the engine's host sees this one's folders."""
        return bool(getattr(self.config, "shared_filesystem", False))

    def decorate(self, func: Callable[..., Any], instance: object) -> Callable[..., Any] | None:
        """Wrap a method with the method that `decorator_method` names, if there is one."""
        method = getattr(self, self.decorator_method, None)
        wrapped: Callable[..., Any] | None = method(func, instance) if method else None
        return wrapped

    def package(self, workflow: Workflow, options: PackageOptions) -> Package:
        """Make the standard package, which knows no orchestrator."""
        return package_workflow(workflow)

    def stop_all(self, deployment_name: str, options: RemoveOptions) -> Stopped:
        """End every run of a deployment by the hook `stop`: what `remove` begins with.

        Args:
            deployment_name: The deployment.
            options: The options of `remove`.

        Raises:
            NotStoppedError: Something is left when the time is up.
        """
        given = StopOptions(timeout=options.timeout, take_over=options.take_over)
        stopped: Stopped = self.stop(deployment_name, None, given)
        if stopped.left:
            left = "; ".join(stopped.left)
            message = f"deployment {deployment_name!r} still has runs: {left}"
            raise NotStoppedError(message, left=stopped.left)
        return stopped
