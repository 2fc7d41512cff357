"""The command line starts about as fast as `import click` alone."""

from __future__ import annotations

import sys

from _ratio import LOLPOP, Budget, Command, report

CLICK = Command([sys.executable, "-c", "import click"])

if __name__ == "__main__":
    options = ("--help", "--version")
    budgets = [
        Budget(f"lolpop {option}", Command([LOLPOP, option]), CLICK, 1.3) for option in options
    ]
    sys.exit(report(budgets))
