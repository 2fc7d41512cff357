"""Compute feature groups that depend on each other."""

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {features: Features, store: Store}
"""


GROUPS = {"user": [], "order": [], "basket": ["user", "order"]}


class Features(lolpop.Pipeline):
    def compute(self, name, inputs):
        return {"name": name, "from": sorted(inputs)}


class Store(lolpop.Pipeline):
    def put(self, features, *, version=1):
        return [features[name]["from"] for name in features], version


class Flow(lolpop.Runner):
    def run(self):
        made = {}
        for name, needs in GROUPS.items():
            made[name] = self.features.compute(name, {need: made[need] for need in needs})
        return self.store.put(made, version=2)
