"""The parts of the workflow; each public method is a step when it is deployed.

A table of penguins has one row a bird, its columns as `data/README.md` describes them, and the
index `row`: the bird's position in the CSV file, counted from 0.
"""

from pathlib import Path

import pandas as pd
from sklearn.model_selection import train_test_split

import lolpop
from penguins.data import LocalDataConnector
from penguins.metrics import ClassificationMetrics, Metrics
from penguins.model import Model, SklearnPredictor, SklearnTrainer
from penguins.progress import StdOutNotifier


class OfflineProcess(lolpop.Pipeline):
    """Bring the raw table into the shape that a model can learn from."""

    class Config(lolpop.Config):
        train_data: lolpop.Inherited[Path]
        measurements: lolpop.Inherited[list[str]]
        held_out_share: float = 0.25

    config: Config
    data_connector: LocalDataConnector
    notifier: StdOutNotifier

    def load(self) -> pd.DataFrame:
        """Read all penguins, incomplete ones too."""
        source = self.config.train_data
        penguins: pd.DataFrame = self.data_connector.read_csv(source).rename_axis(index="row")
        self.notifier.notify(f"read {len(penguins)} rows from {source.name}")
        return penguins

    def clean(self, penguins: pd.DataFrame) -> pd.DataFrame:
        """Drop the rows that lack a measurement; an unknown sex stays for the model to fill in."""
        cleaned: pd.DataFrame = penguins.dropna(subset=self.config.measurements)
        dropped = len(penguins) - len(cleaned)
        self.notifier.notify(f"dropped {dropped} rows without measurements, kept {len(cleaned)}")
        unsexed = int(cleaned["sex"].isna().sum())
        self.notifier.notify(f"kept {unsexed} rows without sex: the model fills it in")
        return cleaned

    def split(self, cleaned: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Hold a share of every species out of the training.

        Returns:
            The rows to train on and the held-out rows, both in the order of the file.
        """
        training, held_out = train_test_split(
            cleaned,
            test_size=self.config.held_out_share,
            stratify=cleaned["species"],
            random_state=seed,
        )
        self.notifier.notify(f"split: {len(training)} rows to train on, {len(held_out)} held out")
        return training.sort_index(), held_out.sort_index()


class OfflineTrain(lolpop.Pipeline):
    """Fit a model and say how good it is."""

    data_connector: LocalDataConnector
    trainer: SklearnTrainer
    metrics: ClassificationMetrics
    notifier: StdOutNotifier

    def fit(self, training: pd.DataFrame, seed: int) -> Model:
        """Fit the model to the training rows."""
        model = self.trainer.fit(training, seed)
        self.notifier.notify(f"fitted {self.trainer.describe(model)}")
        return model

    def evaluate(self, predictions: pd.DataFrame) -> Metrics:
        """Compare the predictions on held-out rows with the truth."""
        metrics = self.metrics.measure(predictions["species"], predictions["predicted"])
        self.notifier.notify(
            f"accuracy {metrics['accuracy']:.4f} on {metrics['rows']} held-out rows"
        )
        return metrics

    def write(self, metrics: Metrics) -> Path:
        """Write `metrics.json`."""
        path = self.data_connector.write_json(metrics, "metrics.json")
        self.notifier.notify(f"wrote {path}")
        return path


class OfflinePredict(lolpop.Pipeline):
    """Use a fitted model."""

    data_connector: LocalDataConnector
    predictor: SklearnPredictor
    notifier: StdOutNotifier

    def predict(self, model: Model, penguins: pd.DataFrame) -> pd.DataFrame:
        """Predict the species of each penguin.

        Returns:
            The columns `species` (the truth), `predicted` and `probability` (0 to 1), one row a
            penguin.
        """
        predictions = self.predictor.predict(model, penguins)
        self.notifier.notify(f"predicted the species of {len(predictions)} penguins")
        return predictions

    def write(self, predictions: pd.DataFrame) -> Path:
        """Write `predictions.csv`."""
        path = self.data_connector.write_csv(predictions, "predictions.csv")
        self.notifier.notify(f"wrote {path} ({len(predictions)} rows)")
        return path
