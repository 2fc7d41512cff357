"""The YAML that the project grew from, its elisions taken out."""

from __future__ import annotations

import sys
from typing import Any

import pytest

YAML = """\
pipelines: 
  process: OfflineProcess 
  train: OfflineTrain
  predict: OfflinePredict
components: 
  metadata_tracker: MLFlowMetadataTracker
  notifier: StdOutNotifier
  resource_version_control: dvcVersionControl
  metrics_tracker: MLFlowMetricsTracker
decorators: 
  orchestrator: PrefectOrchestrator

orchestrator: 
    config: 
        decorator_method: decorator
        integration_types: ["component", "pipeline", "runner"]
"""  # noqa: W291

CODE = """
class MLFlowMetadataTracker(Component):
    def track(self, name): return name
class StdOutNotifier(Component):
    def notify(self, text): print(text)
class dvcVersionControl(Component):
    def commit(self): return "v1"
class MLFlowMetricsTracker(Component):
    tracked = ()
    def metric(self, name, value): self.tracked += ((name, value),)
class OfflineProcess(Pipeline):
    resource_version_control: dvcVersionControl
    def data(self): return [1, 2, 3], self.resource_version_control.commit()
class OfflineTrain(Pipeline):
    metrics_tracker: MLFlowMetricsTracker
    def fit(self, rows):
        self.metrics_tracker.metric("mean", sum(rows) / len(rows))
        return self.metrics_tracker.tracked[-1][1]
class OfflinePredict(Pipeline):
    notifier: StdOutNotifier
    def predict(self, model):
        self.notifier.notify(f"predicted {model}")
        return model * 2
class OfflineRunner(Runner):
    process: OfflineProcess
    train: OfflineTrain
    predict: OfflinePredict
    def build_all(self):
        rows, version = self.process.data()
        model = self.train.fit(rows)
        return version, self.predict.predict(model)
"""

ORCHESTRATOR = """
import functools
SEEN = []
class PrefectOrchestrator(Orchestrator):
    def decorator(self, func, instance):
        @functools.wraps(func)
        def task(*args, **kwargs):
            SEEN.append(f"{instance.name}.{func.__name__}")
            return func(*args, **kwargs)
        return task
"""


def test_it_runs_decorated(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    entry = "[lolpop.orchestrators]\nPrefectOrchestrator = fake_prefect:PrefectOrchestrator\n"
    project.plugin("fake_prefect", entry, ORCHESTRATOR)
    project.code(CODE)
    project.yaml("runner: OfflineRunner\nmodules: [flow]\n" + YAML)
    project.check()
    outcome = project.run()
    assert outcome.result == ("v1", 4.0)
    assert outcome.label == "OfflineRunner.build_all"
    assert capsys.readouterr().out == "predicted 2.0\n"
    assert sys.modules["fake_prefect"].SEEN == [
        "OfflineRunner.build_all",
        "process.data",
        "resource_version_control.commit",
        "train.fit",
        "metrics_tracker.metric",
        "predict.predict",
        "notifier.notify",
    ]


def test_it_takes_its_runner_from_the_command_and_the_file(project: Any) -> None:
    entry = "[lolpop.orchestrators]\nPrefectOrchestrator = fake_prefect:PrefectOrchestrator\n"
    project.plugin("fake_prefect", entry, ORCHESTRATOR)
    file = project.code(CODE, "workflows.py")
    project.yaml(YAML)
    runner = project.decorated(runner="OfflineRunner", file=file)
    assert runner.build_all() == ("v1", 4.0)
