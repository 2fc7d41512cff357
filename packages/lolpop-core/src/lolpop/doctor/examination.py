"""What the doctor says about plugins: whether they load, and what is wrong with them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from lolpop import plugins
from lolpop.errors import LolpopError, PluginError, PluginNotInstalledError, nearest
from lolpop.plugins import Plugin

TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the doctor says about a plugin.

    Attributes:
        message: What is wrong, or what to know.
        hint: What to do, or None.
        serious: Whether the plugin can't be used because of it.
    """

    message: str
    hint: str | None = None
    serious: bool = True


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the doctor says about one plugin."""

    plugin: Plugin
    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether the plugin can be used."""
        return not any(finding.serious for finding in self.findings)


def state_of(plugin: Plugin) -> str:
    """Say in a few words whether a plugin looks usable, without importing it."""
    if not plugin.fits:
        return f"made for lolpop-core{plugin.requires}"
    try:
        plugins.find(plugin.kind, plugin.name)
    except PluginError:
        return "provided twice"
    return "ok"


def environment() -> Iterator[Finding]:
    """Find what is wrong with the environment as a whole."""
    foreign = plugins.foreign_lolpop()
    if foreign:
        yield Finding(
            f"the distribution lolpop {foreign} is installed too: it is another project with"
            " the same import name, and its files and those of lolpop-core overwrite each other",
            plugins.FOREIGN_HINT,
        )
    for trouble in plugins.unreadable():
        message = f"the metadata can't be read of {trouble}"
        yield Finding(message, "install that distribution anew", serious=False)


def named(name: str) -> list[Plugin]:
    """Find the plugins that a name means.

    Raises:
        PluginNotInstalledError: There is none.
    """
    found = [
        plugin
        for plugin in plugins.installed()
        if plugin.name == name
        or (plugin.kind == "orchestrator" and plugins.same_orchestrator(plugin.name, name))
    ]
    if found:
        return found
    known = [plugin.name for plugin in plugins.installed()]
    likely = nearest(name, known)
    hint = plugins.pip_line(name) or (f"did you mean {likely!r}?" if likely else None)
    raise PluginNotInstalledError(
        f"no plugin {name!r} is installed; installed: {', '.join(known) or 'none'}",
        plugin=name,
        hint=hint or "`lolpop plugins list` shows what is installed",
    )


def diagnose(plugin: Plugin, timeout: float = TIMEOUT) -> Diagnosis:
    """Examine a plugin; it is imported in a process of its own.

    Args:
        plugin: The plugin.
        timeout: How many seconds its import may take.
    """
    findings = list(_outside(plugin))
    if not any(finding.serious for finding in findings):
        findings += _inside(plugin, timeout)
    return Diagnosis(plugin, tuple(findings))


def _outside(plugin: Plugin) -> Iterator[Finding]:
    """Find what can be seen without importing the plugin."""
    try:
        plugins.find(plugin.kind, plugin.name)
    except PluginError as error:
        yield finding_of(error)
    if not plugin.fits:
        yield finding_of(plugins.wrong_version(plugin))
    if plugin.requires in (None, "") and plugin.distribution != plugins.CORE:
        message = f"{plugin.provider} doesn't say which lolpop-core it was made for"
        hint = "its author should declare lolpop-core with its major version, such as >=1,<2"
        yield Finding(message, hint, serious=False)


def _inside(plugin: Plugin, timeout: float) -> list[Finding]:
    """Import and examine the plugin in a process that may crash or hang."""
    with tempfile.TemporaryDirectory(prefix="lolpop-doctor-") as folder:
        answer, output = Path(folder, "findings.json").absolute(), Path(folder, "output.txt")
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; from lolpop.doctor.probe import main; main()"
        )
        command = [sys.executable, "-c", code, str(answer), json.dumps(asdict(plugin))]
        ended = _ended(command, output, timeout)
        if ended is None:
            message = f"importing it takes longer than {timeout:g} s"
            return [Finding(message, "its code must do no work when it is imported")]
        if answer.exists():
            return [Finding(**finding) for finding in json.loads(answer.read_text("utf-8"))]
        return [_crash(ended, output.read_text("utf-8", "replace"))]


def _ended(command: Sequence[str], output: Path, timeout: float) -> int | None:
    """Run a command to its end; None if it was killed, with all that it started, for its time.

    Its output goes to a file: a pipe would stay open as long as anything it started lives.
    """
    with output.open("wb") as file:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return child.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _crash(code: int, output: str) -> Finding:
    last = (output.strip().splitlines() or ["it said nothing"])[-1]
    return Finding(f"importing it ends the process ({_how(code)})", f"its last words: {last}")


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def exit_code(diagnoses: Sequence[Diagnosis], findings: Sequence[Finding]) -> int:
    """Give the exit code for what was found: 3 if something can't be used."""
    serious = any(finding.serious for finding in findings)
    healthy = all(diagnosis.healthy for diagnosis in diagnoses)
    return 0 if healthy and not serious else PluginError.exit_code


def finding_of(error: LolpopError) -> Finding:
    """Turn an error into a finding."""
    return Finding(error.message, error.hint)
