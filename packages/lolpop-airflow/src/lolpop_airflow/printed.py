"""What Airflow has of the log of one attempt."""

from __future__ import annotations

from typing import Any

from lolpop_airflow.connecting import Api
from lolpop_airflow.folding import BEGINNING, END


def entries(api: Api, task: Any, number: int) -> list[Any]:
    """Give what Airflow has of the log of one attempt so far, without its own marks."""
    found = api.find(
        "TaskInstanceApi",
        "get_log",
        dag_id=task.dag_id,
        dag_run_id=task.dag_run_id,
        task_id=task.task_id,
        try_number=number,
        full_content=True,
        accept="application/json",
    )
    content = found.content.actual_instance if found else []
    return [each for each in content if getattr(each, "timestamp", None) and not _is_mark(each)]


def _is_mark(entry: Any) -> bool:
    return str(entry.event).startswith((BEGINNING, END))


def error(api: Api, task: Any) -> str | None:
    """Give what ended the newest attempt of a task, as its log says it.

    The client of Airflow 3.1 leaves that out of the log's lines.
    """
    for entry in reversed(entries(api, task, task.try_number)):
        for each in getattr(entry, "additional_properties", {}).get("error_detail") or ():
            return str(each["exc_value"])
    return None
