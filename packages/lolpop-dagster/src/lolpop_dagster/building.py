"""A deployment's job: one op for each step, one graph for each group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dagster as dg

from lolpop.contract import Step
from lolpop_dagster import jobfile
from lolpop_dagster.executors import executor_of
from lolpop_dagster.jobfile import JobFile
from lolpop_dagster.naming import Names, Path, short
from lolpop_dagster.schema import schema_of
from lolpop_dagster.stepping import PARAMETERS, compute, unannotated

_RESULT = "result"
Dependencies = dict[Any, dict[str, Any]]


def job_of(file: JobFile, revision: str) -> dg.JobDefinition:
    """Build the job of a deployment from its file alone."""
    spec = file.spec
    parameters = dg.ResourceDefinition(
        resource_fn=lambda context: context.resource_config,
        config_schema=schema_of(file.parameters, spec.parameters),
        description="The values that the run is given.",
    )
    tags = {
        **file.tags,
        jobfile.DEPLOYMENT: spec.name,
        jobfile.PROJECT: spec.project,
        jobfile.PACKAGE: file.package,
        jobfile.DIGEST: file.digest,
        jobfile.REVISION: revision,
    }
    return (
        _Graphs(file)
        .top()
        .to_job(
            name=file.job,
            description=f"Deployment `{spec.name}` of project `{spec.project}`, by lolpop.",
            tags=tags,
            resource_defs={PARAMETERS: parameters},
            executor_def=executor_of(file),
        )
    )


def broken_job(name: str, reason: str) -> dg.JobDefinition:
    """Build a job in the place of one that can't be built: it says why, and fails with it."""

    def refuse(context: Any, inputs: Any) -> Iterator[Any]:
        raise dg.Failure(reason, allow_retries=False)
        yield

    op = dg.OpDefinition(
        compute_fn=unannotated(refuse), name=f"broken_{short(name)}", description=reason
    )
    graph = dg.GraphDefinition(name=name, node_defs=[op])
    return graph.to_job(description=f"This deployment is broken: {reason}")


class _Graphs:
    """The graphs of one deployment, from the innermost group to the job."""

    def __init__(self, file: JobFile) -> None:
        self.file = file
        self.names = Names(file.graph)
        self.steps = {step.name: step for step in file.graph.steps}
        self.docs = {group.path: group.doc for group in file.graph.groups}
        self.children: dict[Path, list[Path]] = {(): []}
        for path in self.docs:
            self.children[path] = []
            self.children[path[:-1]].append(path)

    def top(self) -> dg.GraphDefinition:
        return self._graph((), self.file.job)

    def _graph(self, path: Path, name: str) -> dg.GraphDefinition:
        nodes: list[Any] = []
        dependencies: Dependencies = {}
        mapped: list[dg.InputMapping] = []
        for alias, node, needs in self._members(path):
            nodes.append(node)
            invocation = dg.NodeInvocation(node.name, alias=alias)
            inside = {need: self._source(need, path) for need in needs}
            dependencies[invocation] = {
                _input(self.names.flat[need]): found for need, found in inside.items() if found
            }
            mapped += [
                self._mapping(need, alias) for need, found in inside.items() if found is None
            ]
        return dg.GraphDefinition(
            name=name,
            description=self.docs.get(path),
            node_defs=nodes,
            dependencies=dependencies,
            input_mappings=mapped,
            output_mappings=[*self._outputs(path)],
        )

    def _members(self, path: Path) -> Iterator[tuple[str, Any, list[str]]]:
        """Yield what stands in a group: its alias, itself, and the steps outside it needs."""
        for child in self.children[path]:
            alias = self.names.groups[child]
            name = f"{alias}_{short(self.file.spec.name, *child)}"
            yield alias, self._graph(child, name), self._needs(child)
        for step in self.file.graph.steps:
            if step.group == path:
                yield self.names.flat[step.name], self._op(step), list(step.after)

    def _needs(self, path: Path) -> list[str]:
        """Name the steps outside of a group that those in it start after."""
        found = {
            need: None
            for step in self.file.graph.steps
            if _within(step, path)
            for need in step.after
            if not _within(self.steps[need], path)
        }
        return list(found)

    def _source(self, need: str, path: Path) -> dg.DependencyDefinition | None:
        """Say where in a group a step's end is told; None if the step is outside."""
        step = self.steps[need]
        if not _within(step, path):
            return None
        if step.group == path:
            return dg.DependencyDefinition(self.names.flat[need], _RESULT)
        child = step.group[: len(path) + 1]
        return dg.DependencyDefinition(self.names.groups[child], self.names.flat[need])

    def _mapping(self, need: str, alias: str) -> dg.InputMapping:
        port = _input(self.names.flat[need])
        return dg.InputMapping(
            graph_input_name=port, mapped_node_name=alias, mapped_node_input_name=port
        )

    def _outputs(self, path: Path) -> Iterator[dg.OutputMapping]:
        """Yield the ends of a group's steps that others outside of it wait for."""
        if not path:
            return
        outside = [step for step in self.file.graph.steps if not _within(step, path)]
        awaited = {need for step in outside for need in step.after}
        for step in self.file.graph.steps:
            if step.name in awaited and _within(step, path):
                source = self._source(step.name, path)
                assert source
                yield dg.OutputMapping(
                    graph_output_name=self.names.flat[step.name],
                    mapped_node_name=source.node,
                    mapped_node_output_name=source.output,
                )

    def _op(self, step: Step) -> dg.OpDefinition:
        settings = self.file.spec.settings(step.name)
        retries = (
            dg.RetryPolicy(max_retries=settings.retries, delay=settings.retry_delay)
            if settings.retries
            else None
        )
        flat = self.names.flat
        return dg.OpDefinition(
            compute_fn=compute(self.file, step),
            name=f"{flat[step.name]}_{short(self.file.spec.name, step.name)}",
            description="\n\n".join(each for each in (step.doc, step.source) if each) or None,
            ins={_input(flat[need]): dg.In(dg.Nothing) for need in step.after},
            outs={_RESULT: dg.Out(dg.Nothing)},
            required_resource_keys={PARAMETERS},
            retry_policy=retries,
            tags={"lolpop/step": step.name},
        )


def _input(flat: str) -> str:
    return f"after_{flat}"


def _within(step: Step, path: Path) -> bool:
    return step.group[: len(path)] == path
