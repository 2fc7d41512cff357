"""A scikit-learn model: learned by one component, used by another."""

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline as Model
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import lolpop

__all__ = ["Model", "SklearnPredictor", "SklearnTrainer"]


class SklearnTrainer(lolpop.Component):
    """Fit a logistic regression that takes the raw columns, missing values included."""

    class Config(lolpop.Config):
        measurements: lolpop.Inherited[list[str]]
        categories: lolpop.Inherited[list[str]]
        inverse_regularization: lolpop.Inherited[float] = 1.0

    config: Config

    def fit(self, training: pd.DataFrame, seed: int) -> Model:
        """Learn the column `species` from the measurements and the categories."""
        model = make_pipeline(self._preparation(), self._classifier(seed))
        features = [*self.config.measurements, *self.config.categories]
        return model.fit(training[features], training["species"])

    def describe(self, model: Model) -> str:
        """Say in a few words what was fitted."""
        columns, inputs = model.n_features_in_, model[-1].n_features_in_
        return f"{type(model[-1]).__name__} on {columns} columns ({inputs} inputs once prepared)"

    def _preparation(self) -> ColumnTransformer:
        numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
        words = make_pipeline(
            SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
        )
        return ColumnTransformer(
            [
                ("measurements", numbers, self.config.measurements),
                ("categories", words, self.config.categories),
            ]
        )

    def _classifier(self, seed: int) -> LogisticRegression:
        return LogisticRegression(
            C=self.config.inverse_regularization, max_iter=1000, random_state=seed
        )


class SklearnPredictor(lolpop.Component):
    """Use a fitted classifier."""

    def predict(self, model: Model, penguins: pd.DataFrame) -> pd.DataFrame:
        """Return `species`, `predicted` and `probability` (0 to 1), one row a penguin."""
        features = penguins[list(model.feature_names_in_)]
        predictions: pd.DataFrame = penguins[["species"]].assign(
            predicted=model.predict(features),
            probability=model.predict_proba(features).max(axis=1).round(4),
        )
        return predictions
