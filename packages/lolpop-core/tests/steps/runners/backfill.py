"""One run for each day between two dates of the configuration."""

from datetime import date, timedelta

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {day: Day}
config: {start: '2024-02-27', days: 4}
"""


class Day(lolpop.Pipeline):
    def load(self, day):
        return day.isoformat()

    def summary(self, days):
        return ",".join(days)


class Flow(lolpop.Runner):
    def run(self):
        start = date.fromisoformat(self.config.start)
        days = [start + timedelta(days=i) for i in range(self.config.days)]
        weekdays = [day for day in days if day.weekday() < 5]
        return self.day.summary([self.day.load(day) for day in weekdays])
