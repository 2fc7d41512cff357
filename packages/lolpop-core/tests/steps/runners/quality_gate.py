"""Refuse bad data: the gate is an exception in a step."""

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {data: Data, gate: Gate}
config: {checks: [not_empty, positive]}
"""


class Data(lolpop.Pipeline):
    def load(self):
        return [1, 2, 3]


class Gate(lolpop.Pipeline):
    def check(self, rows, name):
        if not rows:
            raise lolpop.Fatal(name)
        return rows


class Flow(lolpop.Runner):
    def run(self):
        if not self.config.checks:
            raise ValueError("no checks are configured")
        rows = self.data.load()
        for name in self.config.checks:
            rows = self.gate.check(rows, name)
        return rows
