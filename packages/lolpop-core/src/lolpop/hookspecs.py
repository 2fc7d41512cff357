# Hooks have no bodies:
# mypy: disable-error-code="empty-body"
"""The contract between lolpop and an orchestrator: every hook, and nothing else.

An orchestrator implements a hook with a method of that name. The core calls hooks by keyword,
and a hook may leave out arguments that it has no use for. The first answer counts. Only
`decorate` may answer None; from any other hook None is reported as a fault of the plugin.
Extensions wrap hooks with `@hookimpl(wrapper=True)`; all but `logs` can be wrapped. The values
are described in `lolpop.contract`, the errors in `lolpop.errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from lolpop.contract import (
        Deployment,
        DeploymentSpec,
        LogLine,
        Package,
        Plan,
        Removed,
        Run,
        RunRef,
        RunStatus,
        Stopped,
        Workflow,
    )
    from lolpop.contract.options import (
        DeployOptions,
        PackageOptions,
        PlanOptions,
        RemoveOptions,
        RunOptions,
        StopOptions,
    )

hookspec = pluggy.HookspecMarker("lolpop")
hookimpl = pluggy.HookimplMarker("lolpop")


@hookspec(firstresult=True)
def decorate(func: Callable[..., Any], instance: object) -> Callable[..., Any] | None:
    """Wrap one public method of one object, so that the engine sees its calls.

    Called once per object and public method that `integration_types` and
    `integration_classes` choose, after the whole tree of objects is built and before the
    entrypoint is called. The wrapper must call `func` once per call with the same arguments,
    return its result and let its exceptions pass unchanged.

    Args:
        func: The bound method; `self` is never among its arguments.
        instance: The runner, pipeline or component that it is bound to.

    Returns:
        The callable that takes the method's place, or None to leave the method as it is.

    Raises:
        EngineUnreachableError: The engine can't be reached and tracking isn't optional.

    Second call:
        Never for the same object and method. Another object's equal method is another call.
    """


@hookspec(firstresult=True)
def package(workflow: Workflow, options: PackageOptions) -> Package:
    """Make the package of a workflow and store it.

    Called by `deployment package`, and by `deployment build` without `--package`. The base
    class `Orchestrator` implements it, and few plugins have reason to override it: the
    standard package knows no orchestrator and works on all of them.

    Args:
        workflow: What to package.
        options: The plugin's options for this verb.

    Returns:
        The stored package. Never None.

    Raises:
        ConfigError: The workflow can't be built, or a secret would enter the package.
        UnsupportedError: The plugin can't run what this workflow is made of.

    Second call:
        The same content gives the same digest and stores nothing new.
    """


@hookspec(firstresult=True)
def plan(package: Package, deployment: DeploymentSpec, options: PlanOptions) -> Plan:
    """Say what `deploy` would do now, and everything that stands against it.

    Called by `deployment plan`, and by `deployment build` before `deploy`. It writes nothing,
    neither in the engine nor on disk. The core adds the refusals that follow from the
    declared capabilities, the storage and the parameters; the plugin adds what only it and
    its engine can know.

    Args:
        package: The stored package.
        deployment: What it is to be deployed as.
        options: The plugin's options for this verb.

    Returns:
        Actions, refusals and notes. What can't be honoured is a refusal, not an error, so
        that all reasons are shown at once. Never None.

    Raises:
        EngineUnreachableError: The engine doesn't answer, so nothing can be said.
        EngineError: The engine answers with an error, wrong credentials among them.

    Second call:
        The same answer as long as the engine is in the same state.
    """


@hookspec(firstresult=True)
def deploy(package: Package, deployment: DeploymentSpec, options: DeployOptions) -> Deployment:
    """Make the engine able to run exactly this, and wait until it is.

    Called by `deployment build` after a `plan` without refusals. It is all or nothing: after
    an error the engine has what it had before. What the engine will start is the step
    command of `lolpop.execution`, with the storage, the interpreter and the package digest
    of this call written into the engine's deployment.

    Args:
        package: The stored package.
        deployment: What to deploy it as. A deployment of that name is updated in place.
        options: The plugin's options for this verb.

    Returns:
        The deployment as the engine now has it; it can be run at once. Never None.

    Raises:
        OwnershipError: Another project's deployment has the name, and `options.take_over` is
            false.
        UnsupportedError: Something can't be honoured that `plan` couldn't see. Active runs
            that would be switched to another graph are such a case.
        EngineUnreachableError: The engine doesn't answer.
        EngineError: The engine refuses it, or doesn't become ready in time; the message
            says what was waited for.

    Second call:
        With the same deployment digest nothing is uploaded or written, but a suspended
        schedule resumes. With another digest the deployment is updated in place.
    """


@hookspec(firstresult=True)
def run(deployment_name: str, parameters: Mapping[str, Any], options: RunOptions) -> Run:
    """Start one run of a deployment.

    Called by `deployment run`. The core has checked the parameters' names and types. They go
    to the engine as raw JSON, unchanged, never through a template; the step command lays
    them over the deployment's and converts them.

    Args:
        deployment_name: The deployment's name.
        parameters: Values for this run alone, JSON types; may be empty.
        options: The plugin's options for this verb.

    Returns:
        The run under the id that the engine made, with its page. The hook returns as soon as
        the engine has accepted the run and doesn't wait for its end. Never None.

    Raises:
        NotFoundError: The engine has no deployment of that name.
        OwnershipError: The deployment is another project's, and `options.take_over` is false.
        EngineUnreachableError: The engine doesn't answer; no run was started.
        EngineError: The engine refuses the run.

    Second call:
        Another run, unless `options.idempotency_key` is one that was used before: then
        nothing is started and the first call's run is returned.
    """


@hookspec(firstresult=True)
def stop(deployment_name: str, run_id: str | None, options: StopOptions) -> Stopped:
    """End runs of a deployment, and return when they and their processes are gone.

    Called by `deployment stop`. Without `run_id` every active run ends, however it was
    started, and the schedule is suspended; new runs can still be started by hand. With
    `run_id` that run alone ends, and the schedule stays as it is. A run is gone when the
    engine calls it terminal and no process of its attempts lives; the one doesn't follow
    from the other. The engine's retries don't start again what was stopped.

    Args:
        deployment_name: The deployment's name.
        run_id: The engine's id of the run, or None for all runs.
        options: The plugin's options for this verb; `timeout` seconds until all must be gone.

    Returns:
        The runs that were ended, and what is left when the time is up; the core turns what
        is left into NotStoppedError. Never None.

    Raises:
        NotFoundError: The engine has no deployment, or that deployment no run, of that name.
        OwnershipError: The deployment is another project's, and `options.take_over` is false.
        EngineUnreachableError: The engine doesn't answer.
        EngineError: The engine refuses to stop a run.

    Second call:
        Ends what has started since. With nothing active it returns at once, naming no run.
    """


@hookspec(firstresult=True)
def status(ref: RunRef) -> RunStatus:
    """Say where a run and its steps stand in the engine.

    Called by `deployment status`, and again and again by `run --wait` and `stop`. The core
    adds the attempts and their errors from the records.

    Args:
        ref: The run.

    Returns:
        The state in common words and in the engine's own, and the steps under the graph's
        names with the engine's ids, as far as the engine knows them. An engine that can't
        tell a stopped run from a failed one says failed: the core knows from the records
        that it was stopped. A run that waits for something that doesn't come says
        so in `message`. Never None.

    Raises:
        NotFoundError: The engine doesn't know the run.
        EngineUnreachableError: The engine doesn't answer; the core then answers from records.
        EngineError: The engine answers with an error.

    Second call:
        The state at that moment. A run that is over stays as it is, unless somebody runs it
        again in the engine.
    """


@hookspec(firstresult=True)
def logs(ref: RunRef, step: str | None, follow: bool) -> Iterator[LogLine]:
    """Give what a run printed, as the engine has it.

    Called by `deployment logs`, which shows steps' lines from the records where they are,
    and the engine's for the rest. Extensions can't wrap this hook: a wrapper around a
    generator ends before its first line.

    Args:
        ref: The run.
        step: The name of the step whose lines are wanted, or None for all of the run.
        follow: Whether to wait for further lines until the run is over.

    Returns:
        An iterator of lines, each step's in the order in which they were printed. It ends
        with the run if `follow` is true, else with the last line there is. Never None.

    Raises:
        NotFoundError: The engine doesn't know the run, or the run has no such step.
        EngineUnreachableError: The engine doesn't answer, or stays away while following.
        EngineError: The engine answers with an error.

    Second call:
        Starts again at the first line.
    """


@hookspec(firstresult=True)
def runs(deployment_name: str, active: bool) -> list[Run]:
    """List the runs of a deployment, however they were started.

    Called by the verbs that need the newest run or the active ones, such as `logs` without a
    run id, or `plan` where a redeployment would touch active runs.

    Args:
        deployment_name: The deployment's name.
        active: Whether to leave out runs that are over.

    Returns:
        The runs, newest first; an empty list if there are none. Never None.

    Raises:
        NotFoundError: The engine has no deployment of that name.
        EngineUnreachableError: The engine doesn't answer.
        EngineError: The engine answers with an error.

    Second call:
        The runs at that moment.
    """


@hookspec(firstresult=True)
def deployments() -> list[Deployment]:
    """List what lolpop has deployed on the engine, whichever project made it.

    Called by `deployment list`, and by every verb that takes a name, to find the deployment
    and the project that owns it. What was made without lolpop isn't listed.

    Returns:
        The deployments, sorted by name, broken ones with their `problem`; an empty list if
        there are none. Never None.

    Raises:
        EngineUnreachableError: The engine doesn't answer.
        EngineError: The engine answers with an error.

    Second call:
        The deployments at that moment.
    """


@hookspec(firstresult=True)
def remove(deployment_name: str, options: RemoveOptions) -> Removed:
    """Stop a deployment's runs, take it out of the engine, and verify that it is gone.

    Called by `deployment remove`. Nothing is unregistered while a run or its processes live.
    Nothing that was made for the deployment stays in the engine, its schedule included.
    Packages, artifacts and records stay in the storage.

    Args:
        deployment_name: The deployment's name.
        options: The plugin's options for this verb; `timeout` seconds until all must be gone.

    Returns:
        What was ended and deleted. Never None.

    Raises:
        NotFoundError: The engine has nothing of that name.
        OwnershipError: The deployment is another project's, and `options.take_over` is false.
        NotStoppedError: A run is still alive; the deployment is still registered.
        EngineUnreachableError: The engine doesn't answer.
        EngineError: The engine refuses, or still has the deployment when the time is up.

    Second call:
        Raises NotFoundError; after an error it goes on where the first call ended.
    """
