"""The project's checks, each in an environment of its own: `nox --list` names them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nox
from nox.command import CommandFailed

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = True
os.environ["UV_PYTHON_DOWNLOADS"] = "never"
# Without bytecode every import takes two to four times as long.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

ROOT = Path(__file__).parent
CORE = "packages/lolpop-core"
CORE_TESTS = f"{CORE}/tests"
BROWSER_TESTS = f"{CORE_TESTS}/pictures/test_in_a_browser.py"
# Tests that start runs, steps and rules as processes; the others are unit tests.
LIFE = ("conformance", "deployment", "detached", "execution", "local", "rehearsal", "testing")
UNIT_TESTS = (
    CORE_TESTS,
    f"--ignore={BROWSER_TESTS}",
    *(f"--ignore={CORE_TESTS}/{name}" for name in LIFE),
)
LIFE_TESTS = tuple(f"{CORE_TESTS}/{name}" for name in LIFE)
# These tests wait more than they work: several files at once, even on two cores.
AT_ONCE = ("-n", "3", "--dist", "loadfile")
PENGUINS = "examples/penguins"
ENGINES = ("prefect", "dagster", "airflow")
SERVERS = {"dagster": ("dagster-webserver",)}
"""What a plugin's tests need besides what the plugin depends on."""
TOPOLOGIES = ("queued-daemon", "default-daemon")
"""How Dagster may be set up besides the way that its tests take: the coordinator, and a daemon."""
AIRFLOW, EARLIER_AIRFLOW, OLDEST_AIRFLOW = "3.3.2", "3.1.8", "3.0.0"
"""The newest, that of the oldest client that is taken, and the oldest that loads files of ours."""
VERSIONS = ("3.10", "3.11", "3.12", "3.13")


def runs(python: Path, version: str) -> bool:
    """Tell whether a file is a Python of that version that starts (a pyenv shim may not)."""
    if not os.access(python, os.X_OK):
        return False
    script = "import sys; print('{}.{}'.format(*sys.version_info))"
    answer = subprocess.run([python, "-c", script], capture_output=True, text=True, check=False)
    return answer.stdout.strip() == version


def interpreters() -> dict[str, str]:
    """Find the supported Pythons of this machine, and the running one: paths by version."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    found = {}
    for version in VERSIONS:
        places = [Path(folder) for folder in os.get_exec_path()]
        places += sorted(pyenv.glob(f"{version}.*/bin"))
        pythons = (place / f"python{version}" for place in places)
        if python := next((python for python in pythons if runs(python, version)), None):
            found[version] = str(python)
    return found | {"{}.{}".format(*sys.version_info): sys.executable}


PYTHONS = interpreters()
OLDEST = next(iter(PYTHONS.values()))
NEWEST = [*PYTHONS.values()][-1]
EVERY = [nox.param(path, id=version) for version, path in PYTHONS.items()]


def group(name: str) -> tuple[str, ...]:
    """Give the requirements of a dependency group of the root `pyproject.toml`."""
    return nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), name)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format, the direction of imports and spelling."""
    session.install(*group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports", env={"PYTHONPATH": f"{CORE}/src"})
    session.run("codespell")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types."""
    session.install("-e", f"{CORE}[testing]", *group("types"))
    session.run("mypy")


@nox.session
@nox.parametrize("python", EVERY[1:] or EVERY)
def tests(session: nox.Session) -> None:
    """Run the core's unit tests on every supported Python but the oldest, which `lowest` takes."""
    session.install("-e", CORE, *group("test"))
    session.run("pytest", *AT_ONCE, *UNIT_TESTS, *session.posargs)


@nox.session(python=NEWEST)
def life(session: nox.Session) -> None:
    """Run what takes processes: steps, runs and deployments, trouble, the rules, the mutants."""
    session.install("-e", CORE, *group("test"))
    session.run("pytest", *AT_ONCE, *LIFE_TESTS, *session.posargs)


@nox.session(python=OLDEST)
def lowest(session: nox.Session) -> None:
    """Run the unit tests, and a deployment's whole life, with the oldest dependencies."""
    session.install("--resolution=lowest-direct", "-e", CORE)
    session.install(*group("test"))
    lives = [each for each in UNIT_TESTS if not each.endswith("/deployment")]
    session.run("pytest", *AT_ONCE, *lives, *session.posargs)


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the core, install its wheel alone, and use and test that."""
    with tempfile.TemporaryDirectory() as folder:
        session.run("uv", "build", "--quiet", CORE, "--out-dir", folder)
        session.install(*map(str, Path(folder).glob("*.whl")))
        with session.chdir(folder):
            session.run("lolpop", "--version")
            session.run("lolpop", "init", "demo")
        with session.chdir(Path(folder, "demo")):
            session.run("lolpop", "run", "workflow")
        session.install(*group("test"))
        with session.chdir(folder):
            config = f"--config-file={ROOT / 'pyproject.toml'}"
            tests = [str(ROOT / CORE_TESTS / name) for name in ("cli", "deployment")]
            rules = str(ROOT / CORE_TESTS / "conformance" / "test_local.py")
            session.run("pytest", config, *AT_ONCE, *tests, rules, *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """Look at the pages in headless Chromium; where CI has none, it is installed from Debian."""
    if os.environ.get("CI") and not any(map(shutil.which, ("chromium", "google-chrome"))):
        session.run("apt-get", "update", "-qq", external=True)
        session.run("apt-get", "install", "-qq", "-y", "chromium", external=True, silent=True)
    session.install("-e", CORE, *group("test"))
    session.run("pytest", BROWSER_TESTS, *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Test the documents: their commands run and what they list exists."""
    session.install("-e", CORE, "-r", f"{PENGUINS}/pyproject.toml", *group("test"))
    session.run("pytest", "tests/docs", *session.posargs)


@nox.session
def demo(session: nox.Session) -> None:
    """Take the penguins, the example on real data, through their whole life."""
    session.install("-e", CORE, "-r", f"{PENGUINS}/pyproject.toml")
    with session.chdir(PENGUINS):
        session.run("lolpop", "run", "workflow", *session.posargs)
        for words in ("plan", "build", "run --wait", "status", "logs", "list", "stop", "remove"):
            session.run("lolpop", "deployment", *words.split())
        session.run("lolpop", "runs", "report", "latest")


@nox.session
def examples(session: nox.Session) -> None:
    """Run the examples' own tests."""
    session.install("-e", CORE, "-r", f"{PENGUINS}/pyproject.toml", *group("test"))
    session.run("pytest", PENGUINS, *session.posargs)


@nox.session
def plugins(session: nox.Session) -> None:
    """Hold the smallest plugin, and a created one, to the rules: from wheels, clean installed."""
    session.install("-e", CORE, *group("test"))
    session.run("pytest", "-n", "2", "tests/plugins", *session.posargs)


def install(session: nox.Session, engine: str, *options: str) -> None:
    """Install a plugin beside the core, with what its engine needs here."""
    folder = f"packages/lolpop-{engine}"
    session.install(*options, "-e", CORE, "-e", folder, *SERVERS.get(engine, ()))


def airflow_alone(session: nox.Session, version: str, python: str = sys.executable) -> str:
    """Make an environment for Airflow, which has nothing of ours; give its Python."""
    folder = Path(session.virtualenv.location).parent / f"airflow-{version}"
    made = folder / "bin" / "python"
    if not made.exists():
        session.run("uv", "venv", "--quiet", "--python", python, str(folder))
    session.run("uv", "pip", "install", "--quiet", f"--python={made}", f"apache-airflow=={version}")
    return str(made)


def hold(session: nox.Session, engine: str, *options: str) -> None:
    """Check the types of a plugin, and hold it to its tests and to the rules."""
    folder = Path("packages", f"lolpop-{engine}")
    install(session, engine)
    session.install(*group("test"), *group("types"))
    helpers = sorted((folder / "tests").glob(f"{engine}_*.py"))
    measured = [each for each in scripts() if each.stem.startswith(engine)]
    places = {"MYPYPATH": os.pathsep.join([f"{folder}/src", f"{folder}/tests"])}
    session.run("mypy", f"{folder}/src", *map(str, [*helpers, *measured]), env=places)
    session.run("pytest", *options, str(folder), *session.posargs)


@nox.session
def prefect(session: nox.Session) -> None:
    """Hold lolpop-prefect to the rules, on real servers with process workers."""
    hold(session, "prefect", "-n", "3", "--dist", "load")


@nox.session
def dagster(session: nox.Session) -> None:
    """Hold lolpop-dagster to the rules, on real webservers."""
    hold(session, "dagster", "-n", "3", "--dist", "load")


@nox.session(default=False)
@nox.parametrize("topology", TOPOLOGIES, ids=TOPOLOGIES)
def dagster_topology(session: nox.Session, topology: str) -> None:
    """Hold what lolpop-dagster deploys, runs and stops to the rules, with a daemon and a queue."""
    session.env["LOLPOP_DAGSTER_TOPOLOGY"] = topology
    install(session, "dagster")
    session.install(*group("test"))
    rules = "packages/lolpop-dagster/tests/conformance"
    chosen = ("-k", "deploy. or run. or stop.")
    session.run("pytest", "-n", "3", "--dist", "load", rules, *chosen, *session.posargs)


@nox.session
def airflow(session: nox.Session) -> None:
    """Hold lolpop-airflow to the rules, on real Airflows; load what it writes into the oldest."""
    session.install(*group("test"))
    session.env["LOLPOP_AIRFLOW_PYTHON"] = airflow_alone(session, AIRFLOW)
    session.env["LOLPOP_AIRFLOW_OLDEST_PYTHON"] = airflow_alone(session, OLDEST_AIRFLOW, OLDEST)
    hold(session, "airflow", "-n", "3", "--dist", "load")


@nox.session
@nox.parametrize("python", [EVERY[0], EVERY[-1]])
def switch(session: nox.Session) -> None:
    """Move the penguins through every engine by one line: oldest dependencies, newest wheels."""
    folders = [CORE, *(f"packages/lolpop-{engine}" for engine in ENGINES)]
    servers = [each for engine in ENGINES for each in SERVERS.get(engine, ())]
    if session.python == OLDEST:
        editable = [word for folder in folders for word in ("-e", folder)]
        session.install("--resolution=lowest-direct", *editable, *servers)
    else:
        with tempfile.TemporaryDirectory() as made:
            session.run("uv", "build", "--quiet", "--all-packages", "--wheel", "--out-dir", made)
            session.install(*map(str, Path(made).glob("*.whl")), *servers)
    session.install("-r", f"{PENGUINS}/pyproject.toml", *group("test"))
    version = EARLIER_AIRFLOW if session.python == OLDEST else AIRFLOW
    session.env["LOLPOP_AIRFLOW_PYTHON"] = airflow_alone(session, version)
    session.run("pytest", "tests/switch", *session.posargs)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Measure which lines and branches of the core its unit tests reach."""
    session.install("-e", CORE, *group("coverage"))
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", CORE_TESTS, *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session(default=False)
def mutants(session: nox.Session) -> None:
    """See that every mutant breaks its own rule, and keeps the others of its family."""
    session.install("-e", CORE, *group("test"))
    session.run("pytest", f"{CORE_TESTS}/conformance/every_mutant.py", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure every budget of the core, or those named after `--`; fail if one is exceeded."""
    session.install("--compile-bytecode", CORE, "pandas", "pyarrow")
    measure(session, [each for each in scripts() if not each.stem.startswith(ENGINES)])


@nox.session(default=False)
@nox.parametrize("engine", ENGINES, ids=ENGINES)
def bench_engine(session: nox.Session, engine: str) -> None:
    """Measure the budgets of the plugins, each on its engine."""
    install(session, engine, "--compile-bytecode")
    if engine == "airflow":
        session.install("uv")
        session.env["LOLPOP_AIRFLOW_PYTHON"] = airflow_alone(session, AIRFLOW)
    measure(session, [each for each in scripts() if each.stem.startswith(engine)])


def scripts() -> list[Path]:
    """Find the benchmarks."""
    return sorted(Path("benchmarks").glob("[!_]*.py"))


def measure(session: nox.Session, found: list[Path]) -> None:
    """Run benchmarks, all of them or those that are asked for; fail if one is over its budget."""
    over = []
    for script in found:
        if not session.posargs or script.stem in session.posargs:
            try:
                session.run("python", str(script))
            except CommandFailed:
                over.append(script.name)
    if over:
        session.error(f"over budget, or failed: {', '.join(over)}")
