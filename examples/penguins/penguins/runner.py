"""The workflow itself: which step comes after which, and nothing else."""

from pathlib import Path

import lolpop
from penguins.pipelines import OfflinePredict, OfflineProcess, OfflineTrain


class PenguinRunner(lolpop.Runner):
    """Learn to tell the species of a penguin from its measurements."""

    process: OfflineProcess
    train: OfflineTrain
    predict: OfflinePredict

    def build_all(self, seed: int = 7) -> dict[str, Path]:
        """Go from the raw table to predictions and metrics.

        Args:
            seed: chooses the rows that are held out, and seeds the model.

        Returns:
            The written files, by the names `predictions` and `metrics`.
        """
        penguins = self.process.load()
        cleaned = self.process.clean(penguins)
        training, held_out = self.process.split(cleaned, seed)
        model = self.train.fit(training, seed)
        predictions = self.predict.predict(model, held_out)
        metrics = self.train.evaluate(predictions)
        return {
            "predictions": self.predict.write(predictions),
            "metrics": self.train.write(metrics),
        }
