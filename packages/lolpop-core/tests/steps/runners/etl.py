"""Extract, transform, load."""

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {extract: Extract, transform: Transform, load: Load}
config: {tables: [orders, users]}
"""


class Extract(lolpop.Pipeline):
    def read(self, table):
        return [{"table": table, "n": n} for n in range(3)]


class Transform(lolpop.Pipeline):
    def clean(self, rows):
        return [row for row in rows if row["n"]]


class Load(lolpop.Pipeline):
    def write(self, table, rows):
        return f"{table}: {len(rows)}"


class Flow(lolpop.Runner):
    def run(self):
        written = []
        for table in self.config.tables:
            print(f"loading {table}")
            rows = self.extract.read(table)
            written.append(self.load.write(table, self.transform.clean(rows)))
        return written
