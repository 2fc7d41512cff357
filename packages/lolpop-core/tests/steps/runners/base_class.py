"""A base class has the frame, a mixin reports, subclasses fill in."""

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {data: Data}
components: {report: Report}
"""


class Data(lolpop.Pipeline):
    def load(self):
        return [3, 1, 2]

    def sort(self, rows):
        return sorted(rows)


class Report(lolpop.Component):
    def write(self, title, rows):
        return f"{title}: {rows}"


class Base(lolpop.Runner):
    title = "base"

    def run(self):
        rows = self.prepare(self.data.load())
        return self.finish(rows)

    def prepare(self, rows):
        return rows

    def finish(self, rows):
        return rows


class Reporting:
    def finish(self, rows):
        return self.report.write(self.title, super().finish(rows))


class Flow(Reporting, Base):
    title = "flow"

    def prepare(self, rows):
        return self.data.sort(super().prepare(rows))
