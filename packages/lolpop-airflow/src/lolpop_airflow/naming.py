"""The names of deployments, steps and groups in Airflow's alphabet."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256

_OTHER = re.compile(r"[^A-Za-z0-9_.-]")
_LONGEST = 150


def dag_id_of(name: str) -> str:
    """Give the id of a deployment's DAG: its name, if Airflow and file systems take that."""
    plain = _OTHER.sub("_", name).lstrip(".-")[:_LONGEST]
    return plain if plain == name else f"{plain}-{sha256(name.encode()).hexdigest()[:8]}"


def file_of(dag_id: str) -> str:
    """Give the name of a DAG's file."""
    return f"lolpop_{dag_id}.py"


def task_ids(names: Iterable[str]) -> dict[str, str]:
    """Give each step's task an id of its own: `train.fit[2]` becomes `train.fit__2`."""
    return _distinct(names, "._-")


def group_ids(paths: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """Give each group an id without dots, as Airflow wants, that no other of its parent has."""
    within: dict[tuple[str, ...], list[str]] = {}
    for path in paths:
        within.setdefault(path[:-1], []).append(path[-1])
    return {
        (*parent, name): made
        for parent, names in within.items()
        for name, made in _distinct(names, "_-").items()
    }


def _distinct(names: Iterable[str], kept: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        made = _plain(name, kept)
        while made in found.values():
            made += "_"
        found[name] = made
    return found


def _plain(name: str, kept: str) -> str:
    numbered = re.sub(r"\[(\d+)\]", r"__\1", name)
    return "".join(each if each.isalnum() or each in kept else "_" for each in numbered)
