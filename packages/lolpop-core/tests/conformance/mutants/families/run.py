"""Mutants that run something else than they were told."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lolpop.contract import DeploymentSpec, Overlap, Package, Run, Workflow, canonical_json
from lolpop.contract.options import PackageOptions, RunOptions
from lolpop.errors import EngineError
from lolpop.package.archive import MANIFEST, digest_of, key_of, write_zip
from lolpop.package.building import stored_package
from mutants.engine import Sound
from mutants.honest import Honest, HonestHarness
from mutants.registry import breaks


class Changes(Sound):
    """Changes what a run is given."""

    def run(self, deployment_name: str, parameters: Mapping[str, Any], options: RunOptions) -> Run:
        given = {key: self.value(value) for key, value in parameters.items()}
        return super().run(deployment_name, given, options)

    def value(self, value: Any) -> Any:
        """Change the value of a parameter."""
        return value


@breaks("run.the_run_is_real", "the run's page 'http://127.0.0.1:9/run' can't be opened")
class LinksToNothing(Sound):
    def run(self, deployment_name: str, parameters: Mapping[str, Any], options: RunOptions) -> Run:
        run = super().run(deployment_name, parameters, options)
        return replace(run, url="http://127.0.0.1:9/run")


@breaks("run.parameters_keep_their_types", "the parameter that arrived: expected \"'5'\", got '5'")
class ReadsNumbers(Changes):
    def value(self, value: Any) -> Any:
        return int(value) if isinstance(value, str) and value.isdigit() else value


@breaks("run.odd_text_arrives_unchanged", "2026-11-24")
class FillsTemplates(Changes):
    def value(self, value: Any) -> Any:
        return json.loads(json.dumps(value).replace("{{ ds }}", "2026-11-24"))


@breaks("run.large_parameters_arrive", "200 kB of text didn't arrive as they were")
class CutsTexts(Changes):
    def value(self, value: Any) -> Any:
        return value[: 2**16] if isinstance(value, str) else value


@breaks("run.wrong_parameters_are_refused", "the parameters {'hwo': 'well'} must be refused")
class DropsTheSchema(Sound):
    """Makes packages that don't say which parameters there are."""

    def package(self, workflow: Workflow, options: PackageOptions) -> Package:
        made = super().package(workflow, options)
        manifest = canonical_json(replace(made.manifest, parameters={}))
        with zipfile.ZipFile(io.BytesIO(self.store.read(key_of(made.digest)))) as archive:
            files = [(file.path, archive.read(file.path), False) for file in made.manifest.files]
        target = io.BytesIO()
        write_zip(target, [(MANIFEST, manifest, False), *files])
        self.store.write(key_of(digest_of(manifest)), target.getvalue())
        return stored_package(digest_of(manifest), self.store)


@breaks("run.parameters_are_laid_over", "the run's own value: expected 'run', got 'deployed'")
class LaysUnder(Sound):
    def run(self, deployment_name: str, parameters: Mapping[str, Any], options: RunOptions) -> Run:
        deployed = self.entry(deployment_name).spec.parameters
        return super().run(deployment_name, {**parameters, **deployed}, options)


@breaks("run.two_runs_at_once", "two runs must have two ids")
class GivesTheActiveOne(Sound):
    def run(self, deployment_name: str, parameters: Mapping[str, Any], options: RunOptions) -> Run:
        limited = self.entry(deployment_name).spec.concurrency is not None
        active = [] if limited else self.runs(deployment_name, True)
        return active[0] if active else super().run(deployment_name, parameters, options)


@breaks("run.the_same_word_gives_the_same_run", "the run of the second call: expected RunRef")
class ForgetsTheWord(Sound):
    def run(self, deployment_name: str, parameters: Mapping[str, Any], options: RunOptions) -> Run:
        return super().run(deployment_name, parameters, RunOptions())


@breaks(
    "run.an_unknown_deployment_is_not_found", "run must raise NotFoundError: EngineError('404')"
)
class ShowsTheAnswer(Sound):
    def run(self, deployment_name: str, parameters: Mapping[str, Any], options: RunOptions) -> Run:
        if self.index.deployment(deployment_name) is None:
            raise EngineError("404")
        return super().run(deployment_name, parameters, options)


@breaks("run.the_engines_own_way_works", "isn't listed", harness=HonestHarness)
class ListsItsOwnRuns(Honest):
    def runs(self, deployment_name: str, active: bool) -> list[Run]:
        found = super().runs(deployment_name, active)
        return [run for run in found if not run.ref.run_id.startswith("own-")]


@breaks("run.concurrency_is_kept", "the only one allowed, was active", settling=20.0)
class QueuesNothing(Sound):
    def changed(self, spec: DeploymentSpec) -> DeploymentSpec:
        return replace(spec, concurrency=None) if spec.overlap is Overlap.QUEUE else spec


@breaks(
    "run.a_run_too_many_is_skipped",
    "the ends of the first and the second: expected ['succeeded', 'cancelled'], got",
)
class SkipsNothing(Sound):
    def changed(self, spec: DeploymentSpec) -> DeploymentSpec:
        return replace(spec, concurrency=None) if spec.overlap is Overlap.SKIP else spec


@breaks("run.a_run_too_many_waits", "the ends of both: expected ['succeeded', 'succeeded']")
class SkipsAlways(Sound):
    def changed(self, spec: DeploymentSpec) -> DeploymentSpec:
        return replace(spec, overlap=Overlap.SKIP)
