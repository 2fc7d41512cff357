"""Train on one part, evaluate on the other."""

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
    data: Data
    trainer: Trainer

    def run(self, seed: int = 7) -> dict[str, float]:
        training, held_out = self.data.split(self.data.load(seed))
        model = self.trainer.fit(training)
        return {"score": self.trainer.score(model, held_out)}
