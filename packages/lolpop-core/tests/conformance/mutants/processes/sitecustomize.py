"""Python imports this first in the processes of a mutant, and does wrong there what it names."""

import os
import sys

_ROLES = {"lolpop.local.supervisor": "in_supervisor", "lolpop.execution": "in_worker"}

for _module in sys.orig_argv:
    if _module in _ROLES and os.environ.get("LOLPOP_MUTANT"):
        _wrongs = __import__(_ROLES[_module])
        getattr(_wrongs, os.environ["LOLPOP_MUTANT"], lambda: None)()
