"""Try every combination of the configured values."""

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {data: Data}
components: {trainer: Trainer, picker: Picker}
config: {rates: [0.1, 1.0], shares: [0.3, 0.5]}
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


class Picker(lolpop.Component):
    def best(self, scores):
        return min(scores.items(), key=lambda item: item[1])


class Flow(lolpop.Runner):
    def run(self):
        rows = self.data.load()
        scores = {}
        for rate in self.config.rates:
            for share in self.config.shares:
                training, held_out = self.data.split(rows, share=share)
                model = self.trainer.fit(training, rate=rate)
                scores[f"{rate}-{share}"] = self.trainer.score(model, held_out)
        return self.picker.best(scores)
