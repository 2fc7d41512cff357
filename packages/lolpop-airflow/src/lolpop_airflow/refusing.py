"""What stands against deploying to this Airflow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from lolpop.contract import Package, Refusal
from lolpop_airflow import files, registering
from lolpop_airflow.connecting import FORBIDDEN, AnswerError, Api
from lolpop_airflow.naming import dag_id_of

_ANOTHER = "choose another name with -n"


def refusals(api: Api, path: Path, name: str, package: Package) -> Iterator[Refusal]:
    """Say what stands against deploying a package.

    Args:
        api: Airflow.
        path: The DAG file that would be written.
        name: The deployment's name.
        package: The package.
    """
    if path.exists() and files.read(path) is None:
        yield Refusal(f"the file {str(path)!r} isn't lolpop's", f"move it away, or {_ANOTHER}")
    dag_id = dag_id_of(name)
    if place := registering.foreign(api, dag_id, path.name):
        yield Refusal(
            f"Airflow has a dag {dag_id!r} that lolpop didn't make, from {place!r}", _ANOTHER
        )
    yield from _packaged(path, package)
    yield from _pool(api)


def _packaged(path: Path, package: Package) -> Iterator[Refusal]:
    if any(
        file.path.endswith(f"{path.parent.name}/{path.name}") for file in package.manifest.files
    ):
        yield Refusal(
            f"the DAG file {str(path)!r} would be packaged with the project, which would be another"
            " one after every build",
            f"leave it out: package: {{exclude: ['**/{path.parent.name}/lolpop_*.py']}}",
        )


def _pool(api: Api) -> Iterator[Refusal]:
    pool = api.config.pool
    try:
        there = pool is None or api.find("PoolApi", "get_pool", pool_name=pool)
    except AnswerError as error:
        if error.status != FORBIDDEN:
            raise
        there = True  # who may deploy needn't be permitted to look at pools
    if not there:
        yield Refusal(
            f"Airflow has no pool {pool!r}, so no step would ever start",
            f"`airflow pools set {quote(str(pool))} 4 lolpop` makes one with 4 slots",
        )
