"""Mutants with which a workflow gives something else."""

from __future__ import annotations

from dataclasses import replace

from lolpop.contract import RunRef, RunStatus, StepState, StepStatus
from mutants.engine import Sound
from mutants.registry import breaks


@breaks("equality.outputs_are_those_of_the_local_run", "chain: work.change: expected '")
class GivesFloats(Sound):
    wrong = "give_floats"


@breaks("equality.failures_are_those_of_the_local_run", "fail: the states of the steps: expected")
class CancelsTheRest(Sound):
    """Has another word for what never starts."""

    def status(self, ref: RunRef) -> RunStatus:
        found = super().status(ref)
        if found.failed_step is None:
            return found
        rest = StepStatus(name="work.finish", state=StepState.CANCELLED)
        return replace(found, steps=(rest,))
