"""How good a classification is."""

from typing import TypedDict

import pandas as pd
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

import lolpop


class ClassMetrics(TypedDict):
    """One class: shares from 0 to 1, and the number of rows that are truly of it."""

    precision: float
    recall: float
    rows: int


class Metrics(TypedDict):
    """All classes; in `confusion`, rows are the truth and columns the predictions."""

    rows: int
    accuracy: float
    classes: dict[str, ClassMetrics]
    confusion: list[list[int]]


class ClassificationMetrics(lolpop.Component):
    """Count right and wrong predictions."""

    def measure(self, truth: "pd.Series[str]", predicted: "pd.Series[str]") -> Metrics:
        """Compare predictions with the truth, row by row; classes are in alphabetical order."""
        labels = sorted({*truth, *predicted})
        return {
            "rows": len(truth),
            "accuracy": float(accuracy_score(truth, predicted)),
            "classes": _by_class(truth, predicted, labels),
            "confusion": confusion_matrix(truth, predicted, labels=labels).tolist(),
        }


def _by_class(
    truth: "pd.Series[str]", predicted: "pd.Series[str]", labels: list[str]
) -> dict[str, ClassMetrics]:
    """Measure each class alone; one that was never predicted has precision 0."""
    precision, recall, _, rows = precision_recall_fscore_support(
        truth, predicted, labels=labels, zero_division=0.0
    )
    return {
        label: {"precision": float(p), "recall": float(r), "rows": int(n)}
        for label, p, r, n in zip(labels, precision, recall, rows, strict=True)
    }
