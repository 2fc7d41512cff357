"""One model a fold; the folds stand in the configuration."""

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {data: Data, folds: Folds}
components: {trainer: Trainer}
config: {folds: 3}
"""


class Data(lolpop.Pipeline):
    def load(self, seed=1):
        return [(x, 2 * x + seed) for x in range(6)]

    def split(self, rows, share=0.5):
        cut = int(len(rows) * share)
        return rows[:cut], rows[cut:]


class Trainer(lolpop.Component):
    def fit(self, rows, rate=1.0):
        model = {"rate": rate}
        model["mean"] = sum(y for _, y in rows) / len(rows)
        return model

    def score(self, model, rows):
        return sum(abs(y - model["mean"]) * model["rate"] for _, y in rows)


class Folds(lolpop.Pipeline):
    def cut(self, rows, fold, folds):
        return [row for i, row in enumerate(rows) if i % folds != fold], rows[fold::folds]

    def mean(self, scores):
        return sum(scores) / len(scores)


class Flow(lolpop.Runner):
    def run(self, seed=1):
        rows = self.data.load(seed)
        scores = [self.validate(rows, fold) for fold in range(self.config.folds)]
        return self.folds.mean(scores)

    def validate(self, rows, fold):
        """Train without one fold and score on it."""
        training, held_out = self.folds.cut(rows, fold, self.config.folds)
        return self.trainer.score(self.trainer.fit(training), held_out)
