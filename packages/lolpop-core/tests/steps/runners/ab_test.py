"""Two variants, side by side, from the same class."""

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {data: Data, first: Variant, second: Variant}
components: {trainer: Trainer}
config: {variants: [first, second]}
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


class Variant(lolpop.Pipeline):
    def serve(self, model):
        return self.name, model["mean"]


class Flow(lolpop.Runner):
    def __init__(self):
        self.variants = {"first": self.first, "second": self.second}

    def run(self):
        model = self.trainer.fit(self.data.load())
        return {name: self.variants[name].serve(model) for name in self.config.variants}
