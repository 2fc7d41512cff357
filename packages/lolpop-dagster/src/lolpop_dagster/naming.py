"""The names of deployments, steps and groups in Dagster's alphabet: letters, digits and `_`."""

from __future__ import annotations

import re
from hashlib import sha256
from keyword import kwlist

from lolpop.contract import StepGraph

_PLAIN = re.compile(r"[A-Za-z0-9]+([-_][A-Za-z0-9]+)*")
_OTHER = re.compile(r"[^A-Za-z0-9]+")
_VALID = re.compile(r"[A-Za-z0-9_]+")
_LONGEST = 100
_TAKEN = {*kwlist, "arg_dict", "bool", "conf", "config", "context", "dict", "float", "input"} | {
    *("input_arg_dict", "int", "meta", "output", "output_arg_dict", "str", "type"),
}
"""Names that Dagster keeps for itself."""

Path = tuple[str, ...]


def job_of(name: str) -> str:
    """Give the name of a deployment's job: `penguin-runner` becomes `penguin__runner`.

    A name that can't be told from another one's in Dagster's alphabet ends in a digest.
    """
    if len(name) <= _LONGEST and name not in _TAKEN and _PLAIN.fullmatch(name):
        return name.replace("-", "__")
    return f"{_OTHER.sub('_', name)[:_LONGEST].strip('_') or 'job'}_{short(name)}"


def is_job(name: str) -> bool:
    """Whether Dagster takes a name for a job's."""
    return name not in _TAKEN and _VALID.fullmatch(name) is not None


def op_of(name: str) -> str:
    """Give the name of a method's op."""
    return _free(name, set())


def short(*words: str) -> str:
    """Give a few letters that tell words from any others."""
    return sha256("\0".join(words).encode()).hexdigest()[:8]


class Names:
    """The names of a graph's steps and groups.

    Args:
        graph: The graph.

    Attributes:
        flat: Each step's name, unique in the whole graph: `train.fit[2]` becomes `train_fit_2`.
        groups: Each group's name, unique among what stands beside it.
        keys: Each step's key, as Dagster writes it: with its groups and dots before it.
    """

    def __init__(self, graph: StepGraph) -> None:
        taken: set[str] = set()
        self.flat = {step.name: _free(step.name, taken) for step in graph.steps}
        self.groups: dict[Path, str] = {}
        for group in graph.groups:
            beside = {*self.flat.values()}
            beside |= {made for path, made in self.groups.items() if path[:-1] == group.path[:-1]}
            self.groups[group.path] = _free(group.path[-1], beside)
        self.keys = {step.name: self._key(step.name, step.group) for step in graph.steps}

    def _key(self, name: str, path: Path) -> str:
        above = [self.groups[path[: depth + 1]] for depth in range(len(path))]
        return ".".join([*above, self.flat[name]])


def _free(name: str, taken: set[str]) -> str:
    """Give a name that is free, and take it."""
    made = _OTHER.sub("_", name).strip("_") or "step"
    while made in taken or made in _TAKEN:
        made += "_"
    taken.add(made)
    return made
