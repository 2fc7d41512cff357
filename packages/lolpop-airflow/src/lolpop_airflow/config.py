"""What the orchestrator can be told in the YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

import lolpop

Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]
"""A folder of this host; a relative path starts at the project's folder."""


class AirflowConfig(lolpop.Config):
    """Where Airflow is, and where it looks for DAG files.

    Attributes:
        api_url: The URL of Airflow's API server, without `/api/v2`.
        username: The user that asks; with it goes `password`.
        password: That user's password, best as `${env:NAME}`.
        token: A token in place of user and password, best as `${env:NAME}`.
        dags_folder: The folder that Airflow reads DAG files from; deploying needs it.
        pool: The pool of Airflow's that the tasks take their slots from; it must be there.
        tags: Further tags of the DAGs.
        patience: Seconds that Airflow may take to notice a file; its own default is to look
            every 300.
        shared_filesystem: Whether Airflow's workers see this host's folders under the same paths.
    """

    api_url: str = "http://127.0.0.1:8080"
    username: str | None = None
    password: str | None = None
    token: str | None = None
    dags_folder: Folder | None = None
    pool: str | None = None
    tags: tuple[str, ...] = ()
    patience: lolpop.Seconds = Field(default=360.0, gt=0)
    shared_filesystem: bool = False
