"""The runner measures the time and makes a name of it, which can't split."""

import time

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {job: Job}
"""


class Job(lolpop.Pipeline):
    def work(self):
        return 1


class Flow(lolpop.Runner):
    def run(self):
        start = time.perf_counter()
        result = self.job.work()
        print("took", time.perf_counter() - start)
        return result
