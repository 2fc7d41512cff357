"""Write down what happens, in a file that lolpop knows nothing of."""

import json
import os
import time
from pathlib import Path
from typing import Any


def note(witness: str, step: str, **facts: Any) -> None:
    """Write down that something happened, in one line that no other process can split."""
    facts |= {"step": step, "pid": os.getpid(), "time": time.time(), "cwd": str(Path.cwd())}
    with Path(witness).open("ab", buffering=0) as file:
        file.write(json.dumps(facts).encode() + b"\n")


def seen(witness: str, step: str) -> int:
    """Count how often something was written down for a step."""
    lines = Path(witness).read_text("utf-8").splitlines()
    return sum(json.loads(line)["step"] == step for line in lines)


def wait_for(witness: str, name: str) -> None:
    """Wait until somebody makes a file of that name beside the witness."""
    while not Path(witness).with_name(name).exists():
        time.sleep(0.05)
