"""An engine that declares what the embedded one doesn't, and keeps all rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from secrets import token_hex
from typing import Any

from lolpop.contract import Capability, Deployment, LogLine, RunRef
from lolpop.errors import EngineError, EngineUnreachableError, NotFoundError
from lolpop.local import LocalOrchestrator
from lolpop.local.driving import claimed, log_of
from lolpop.local.index import Index
from lolpop.storage.records import RunRecord, Runs
from mutants.engine import LocalHarness, Sound


class Honest(Sound):
    """Decorates, keeps logs, takes runs and reruns from anybody, and has a service.

    The service is a file that holds the credentials, and may be away.
    """

    capabilities = Sound.capabilities | {
        Capability.DECORATION,
        Capability.ENGINE_LOGS,
        Capability.ENGINE_RERUNS,
        Capability.ENGINE_RUNS,
        Capability.ENGINE_SERVICE,
    }
    wrong = "skip_what_succeeded"

    class Config(LocalOrchestrator.Config):
        service: str
        credentials: str = "right"

    @property
    def index(self) -> Index:
        """The index, which nobody reads while the service is away."""
        service = Path(self.config.service)
        if not service.exists():
            raise EngineUnreachableError(f"nothing answers at {service}", hint="start it")
        if service.read_text() != self.config.credentials:
            raise EngineError(f"{service} refuses the credentials", hint="see to `credentials`")
        return super().index

    def decorator(self, func: Callable[..., Any], instance: object) -> Callable[..., Any] | None:
        @wraps(func)
        def wrapped(*arguments: Any, **keywords: Any) -> Any:
            return func(*arguments, **keywords)

        return wrapped

    def logs(self, ref: RunRef, step: str | None, follow: bool) -> Iterator[LogLine]:
        record = self.record(ref)
        for name in [step] if step else [each.name for each in record.steps()]:
            for line in record.attempts(name)[0].read_log().decode().splitlines():
                yield LogLine(step=name, attempt=0, text=line)

    def record(self, ref: RunRef) -> RunRecord:
        """Find the record of a run."""
        record = Runs(self.store).find(ref)
        if record is None:
            raise NotFoundError(f"there is no run {ref.run_id!r}")
        return record

    def queue(self, name: str, run_id: str, parameters: Mapping[str, Any]) -> str:
        """Put a run into the queue, and start what drives it."""
        log = log_of(self.index, run_id)
        with claimed(log) as claim:
            row = self.index.add(run_id, self.entry(name), parameters, None)
            self.supervise(row, log, claim)
        return run_id


class HonestHarness(LocalHarness):
    """Works with the engine as its own page would."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(name, folder)
        self.service = folder / "service"
        self.service.write_text("right")
        self.config = {"service": str(self.service)}

    def start_run(self, deployment: Deployment, parameters: Mapping[str, Any]) -> str:
        return self.engine().queue(deployment.name, f"own-{token_hex(4)}", parameters)

    def rerun_failed(self, ref: RunRef) -> str:
        engine, run_id = self.engine(), f"again-{token_hex(4)}"
        old = engine.record(ref)
        again = RunRef(ref.orchestrator, ref.deployment, run_id)
        Runs(engine.store).open(again, old.package_digest, parent_run_id=ref.run_id)
        return engine.queue(ref.deployment, run_id, old.parameters)

    def log(self, ref: RunRef, step: str) -> str:
        return "\n".join(line.text for line in self.engine().logs(ref, step, False))

    @contextmanager
    def away(self) -> Iterator[None]:
        gone = self.service.rename(self.service.with_suffix(".away"))
        try:
            yield
        finally:
            gone.rename(self.service)
            self.service.write_text("right")  # it started just now

    def wrong_credentials(self) -> Mapping[str, Any]:
        return {**self.config, "credentials": "wrong"}
