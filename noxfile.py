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
# These tests wait more than they work: several at once, even on two cores. Rules that look at the
# same runs are a group, which stays together.
AT_ONCE = ("-n", "3", "--dist", "loadgroup")
PENGUINS = "examples/penguins"
ENGINES = ("prefect", "dagster", "airflow")
SERVERS = {"dagster": ("dagster-webserver",)}
"""What a plugin's tests need besides what the plugin depends on."""
TOPOLOGIES = ("queued-daemon", "default-daemon")
"""How Dagster may be set up besides the way that its tests take: the coordinator, and a daemon."""
AIRFLOW, EARLIER_AIRFLOW, OLDEST_AIRFLOW = "3.3.2", "3.1.8", "3.0.0"
"""The newest, that of the oldest client that is taken, and the oldest that loads files of ours."""
VERSIONS = ("3.11", "3.12", "3.13")


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
FULL = (
    *(f"tests_everywhere({version})" for version in PYTHONS),
    "mutants",
    *(f"dagster_topology({topology})" for topology in TOPOLOGIES),
    "switch_oldest",
    "bench",
    *(f"bench_engine({engine})" for engine in ENGINES),
)
"""The sessions of `nox -s full`."""


def group(name: str) -> tuple[str, ...]:
    """Give the requirements of a dependency group of the root `pyproject.toml`."""
    return nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), name)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format, the direction of imports, spelling and the workflows of GitHub."""
    session.install(*group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports", env={"PYTHONPATH": f"{CORE}/src"})
    session.run("codespell")
    workflows = sorted(map(str, Path(".github", "workflows").glob("*.yml")))
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    session.run("zizmor", "--offline", "--quiet", *workflows)


@nox.session
def types(session: nox.Session) -> None:
    """Check the types."""
    session.install("-e", f"{CORE}[testing]", *group("types"))
    session.run("mypy")


@nox.session(python=NEWEST)
def tests(session: nox.Session) -> None:
    """Run the core's unit tests on the newest Python; `lowest` takes the oldest."""
    unit_tests(session)


@nox.session(default=False)
@nox.parametrize("python", EVERY)
def tests_everywhere(session: nox.Session) -> None:
    """Run the core's unit tests, and what takes processes, on every supported Python."""
    unit_tests(session, *LIFE_TESTS)


def unit_tests(session: nox.Session, *more: str) -> None:
    """Run the unit tests, and more, as somebody does who works on the core."""
    session.install("-e", CORE, *group("test"))
    session.run("pytest", *AT_ONCE, *UNIT_TESTS, *more, *session.posargs)


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
def build(session: nox.Session) -> None:
    """Build every distribution into `dist/`, and use what is built as a stranger would."""
    shutil.rmtree("dist", ignore_errors=True)
    session.run("uv", "build", "--quiet", "--all-packages", "--out-dir", "dist")
    session.install(*group("publish"))
    session.run("twine", "check", "--strict", *map(str, sorted(Path("dist").glob("lolpop_*"))))
    pythons = os.pathsep.join((OLDEST, NEWEST))
    session.env.update(LOLPOP_DIST=str(ROOT / "dist"), LOLPOP_PYTHONS=pythons)
    session.run("pytest", "-n", "2", "tests/published", *session.posargs)


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
    """Test the documents, whose commands run and what they list exists, and the examples."""
    session.install("-e", CORE, "-r", f"{PENGUINS}/pyproject.toml", *group("test"))
    session.run("pytest", "tests/docs", PENGUINS, *session.posargs)


@nox.session(default=False)
def demo(session: nox.Session) -> None:
    """Take the penguins, the example on real data, through their whole life; `build` tests it."""
    # As users install it: a wheel for the package is made of the installed files, without a tool.
    session.install(CORE, "-r", f"{PENGUINS}/pyproject.toml")
    with session.chdir(PENGUINS):
        session.run("lolpop", "run", "workflow", *session.posargs)
        for words in ("plan", "build", "run --wait", "status", "logs", "list", "stop", "remove"):
            session.run("lolpop", "deployment", *words.split())
        session.run("lolpop", "runs", "report", "latest")


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
    hold(session, "prefect", *AT_ONCE)


@nox.session
def dagster(session: nox.Session) -> None:
    """Hold lolpop-dagster to the rules, on real webservers."""
    hold(session, "dagster", *AT_ONCE)


@nox.session(default=False)
@nox.parametrize("topology", TOPOLOGIES, ids=TOPOLOGIES)
def dagster_topology(session: nox.Session, topology: str) -> None:
    """Hold what lolpop-dagster deploys, runs and stops to the rules, with a daemon and a queue."""
    session.env["LOLPOP_DAGSTER_TOPOLOGY"] = topology
    install(session, "dagster")
    session.install(*group("test"))
    rules = "packages/lolpop-dagster/tests/conformance"
    chosen = ("-k", "deploy. or run. or stop.")
    session.run("pytest", *AT_ONCE, rules, *chosen, *session.posargs)


@nox.session
def airflow(session: nox.Session) -> None:
    """Hold lolpop-airflow to the rules, on real Airflows; load what it writes into the oldest."""
    session.install(*group("test"))
    session.env["LOLPOP_AIRFLOW_PYTHON"] = airflow_alone(session, AIRFLOW)
    session.env["LOLPOP_AIRFLOW_OLDEST_PYTHON"] = airflow_alone(session, OLDEST_AIRFLOW, OLDEST)
    hold(session, "airflow", *AT_ONCE)


@nox.session(python=NEWEST)
def switch(session: nox.Session) -> None:
    """Move the penguins through every engine by one line, from wheels, on the newest of all."""
    with tempfile.TemporaryDirectory() as made:
        session.run("uv", "build", "--quiet", "--all-packages", "--wheel", "--out-dir", made)
        session.install(*map(str, Path(made).glob("*.whl")), *every_server())
    move(session, AIRFLOW)


@nox.session(python=OLDEST, default=False)
def switch_oldest(session: nox.Session) -> None:
    """Move the penguins through every engine by one line, with the oldest of all."""
    folders = [CORE, *(f"packages/lolpop-{engine}" for engine in ENGINES)]
    editable = [word for folder in folders for word in ("-e", folder)]
    session.install("--resolution=lowest-direct", *editable, *every_server())
    move(session, EARLIER_AIRFLOW)


def every_server() -> list[str]:
    """Give what all engines need besides what the plugins depend on."""
    return [each for engine in ENGINES for each in SERVERS.get(engine, ())]


def move(session: nox.Session, airflow_version: str) -> None:
    """Run the tests of the switch on what is installed."""
    session.install("-r", f"{PENGUINS}/pyproject.toml", *group("test"))
    session.env["LOLPOP_AIRFLOW_PYTHON"] = airflow_alone(session, airflow_version)
    session.run("pytest", "tests/switch", *session.posargs)


@nox.session(python=False, default=False)
def full(session: nox.Session) -> None:
    """Run what takes too long for every change: all Pythons, mutants, topologies, benchmarks."""
    for name in FULL:
        session.notify(name)


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
