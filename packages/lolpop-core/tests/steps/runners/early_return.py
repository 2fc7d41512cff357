"""A switch in the configuration ends the workflow early."""

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {data: Data}
config: {only_load: true}
"""


class Data(lolpop.Pipeline):
    def load(self):
        return {"rows": [1, 2]}

    def train(self, rows):
        return len(rows)


class Flow(lolpop.Runner):
    def run(self):
        data = self.data.load()
        if self.config.only_load:
            return data["rows"]
        return self.data.train(data["rows"])
