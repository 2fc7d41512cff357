"""A pipeline keeps its model, which only works in one process."""

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {data: Data, model: Model}
"""


class Data(lolpop.Pipeline):
    def load(self):
        return [1, 2, 3]


class Model(lolpop.Pipeline):
    def fit(self, rows):
        self.mean = sum(rows) / len(rows)

    def predict(self, rows):
        return [row - self.mean for row in rows]


class Flow(lolpop.Runner):
    def run(self):
        rows = self.data.load()
        return self.modelled(rows)

    def modelled(self, rows):
        self.model.fit(rows)
        return self.model.predict(rows)
