"""Predict in batches whose number is configured."""

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {data: Data, batch: Batches}
components: {trainer: Trainer}
config: {batches: 2}
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


class Batches(lolpop.Pipeline):
    def take(self, rows, index, count):
        return rows[index::count]

    def predict(self, model, rows):
        return [model["mean"] for _ in rows]

    def join(self, parts):
        return [each for part in parts for each in part]


class Flow(lolpop.Runner):
    def run(self):
        rows = self.data.load()
        model = self.trainer.fit(rows)
        count = self.config.batches
        parts = [self.batch.take(rows, index, count) for index in range(count)]
        return self.batch.join([self.batch.predict(model, part) for part in parts])
