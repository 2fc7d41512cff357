"""Several models vote."""

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {data: Data, vote: Vote}
components: {trainer: Trainer}
config: {members: {slow: 0.1, fast: 2.0}}
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


class Vote(lolpop.Pipeline):
    def all(self, models, rows):
        return {name: model["mean"] for name, model in models.items()}, len(rows)


class Flow(lolpop.Runner):
    def run(self):
        rows = self.data.load()
        models = {n: self.trainer.fit(rows, rate) for n, rate in self.config.members.items()}
        means, count = self.vote.all(models, rows)
        return {"means": means, "rows": count}
