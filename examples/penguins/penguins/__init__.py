"""Tell penguin species apart: an ordinary lolpop workflow on real data."""

from penguins.data import LocalDataConnector
from penguins.metrics import ClassificationMetrics
from penguins.model import SklearnPredictor, SklearnTrainer
from penguins.pipelines import OfflinePredict, OfflineProcess, OfflineTrain
from penguins.progress import StdOutNotifier, Timer
from penguins.runner import PenguinRunner

__all__ = [
    "ClassificationMetrics",
    "LocalDataConnector",
    "OfflinePredict",
    "OfflineProcess",
    "OfflineTrain",
    "PenguinRunner",
    "SklearnPredictor",
    "SklearnTrainer",
    "StdOutNotifier",
    "Timer",
]
