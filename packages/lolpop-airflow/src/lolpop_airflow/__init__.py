"""Run lolpop's workflows on Airflow."""

from __future__ import annotations

from lolpop_airflow.orchestrator import AirflowOrchestrator

__all__ = ["AirflowOrchestrator"]
