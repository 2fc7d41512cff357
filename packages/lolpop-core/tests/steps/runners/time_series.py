"""A forecast for each series and horizon."""

import itertools

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {series: Series}
config: {series_names: [a, b], horizons: [1, 7]}
"""


class Series(lolpop.Pipeline):
    def history(self, name):
        return [len(name), 2, 3]

    def forecast(self, history, horizon):
        return sum(history) * horizon


class Flow(lolpop.Runner):
    def run(self):
        histories = {name: self.series.history(name) for name in self.config.series_names}
        forecasts = []
        for name, horizon in itertools.product(histories, self.config.horizons):
            forecasts.append((name, self.series.forecast(histories[name], horizon)))
        return forecasts
