"""The steps of a workflow: found by walking through the runner's entrypoint once."""

from lolpop.steps.capturing import capture

__all__ = ["capture"]
