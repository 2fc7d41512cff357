"""A deployment's schedule, as Dagster's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg

from lolpop_dagster.jobfile import JobFile

_LATEST = timedelta(minutes=5)
_MISSED = "Its time was missed while no daemon ran, and missed times aren't made up for."


def schedule_of(file: JobFile) -> dg.ScheduleDefinition:
    """Give the schedule; it starts runs as soon as Dagster has it."""
    wanted = file.spec.schedule
    assert wanted

    def evaluate(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        due = context.scheduled_execution_time
        if datetime.now(UTC) - due > _LATEST:
            return dg.SkipReason(_MISSED)
        return dg.RunRequest()

    return dg.ScheduleDefinition(
        name=file.schedule,
        job_name=file.job,
        cron_schedule=wanted.cron,
        execution_timezone=wanted.timezone,
        execution_fn=evaluate,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Starts runs of `{file.spec.name}`.",
    )
