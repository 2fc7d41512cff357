"""The runner catches errors and tries again, which can't split."""

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {api: Api}
"""


class Api(lolpop.Pipeline):
    def fetch(self):
        return [1]

    def store(self, rows):
        return len(rows)


class Flow(lolpop.Runner):
    def run(self):
        return self.api.store(self.fetch())

    def fetch(self):
        for _ in range(3):
            try:
                return self.api.fetch()
            except ConnectionError:
                pass
        return []
