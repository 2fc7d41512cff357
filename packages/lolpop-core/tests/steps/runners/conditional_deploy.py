"""Deploy only a good model: the metric decides in the runner, which can't split."""

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {data: Data}
components: {trainer: Trainer}
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


class Flow(lolpop.Runner):
    def run(self):
        rows = self.data.load()
        model = self.trainer.fit(rows)
        score = self.trainer.score(model, rows)
        if score < 100:
            return {"deployed": model}
        return None
