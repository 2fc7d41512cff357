"""`lolpop deployment package | plan | build | list`: what is said, refused and written."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from lolpop.cli.deployment import size_text

CODE = """
    import lolpop

    class Words(lolpop.Pipeline):
        def count(self, text: str):
            return len(text.split())
        def report(self, count: int):
            print(count, "words")
            return count

    class Flow(lolpop.Runner):
        words: Words
        def run(self, text: str = "one two", times: int = 1):
            return self.words.report(self.words.count(text))
        def needy(self, text: str):
            return self.words.report(self.words.count(text))
"""
NARROW = """
    from lolpop.contract import Capability
    from lolpop.local import LocalOrchestrator

    class Narrow(LocalOrchestrator):
        capabilities = frozenset({Capability.DEPLOYMENTS})
        def publish(self, package, deployment, options):
            print("publishing", deployment.name)
            return self.deploy(package, deployment, options)
        def strange(self, package, colour): ...

    class Away(LocalOrchestrator):
        def deployments(self):
            from lolpop.errors import EngineUnreachableError
            try:
                open("/nowhere")
            except OSError as error:
                raise EngineUnreachableError("it is away", hint="start it") from error

    class Only(LocalOrchestrator):
        capabilities = frozenset()

    class Moved(LocalOrchestrator):
        def deployments(self):
            from lolpop.contract import Deployment
            digests = dict(package_digest="0" * 64, deployment_digest="0" * 64)
            names = dict(orchestrator="Moved", name="words", project="demo")
            return [Deployment(**names, **digests, storage="/elsewhere")]
        def runs(self, deployment_name, active):
            from lolpop.contract import Run, RunRef, RunState
            return [Run(ref=RunRef("Moved", deployment_name, "r1"), state=RunState.RUNNING)]

    class Distant(LocalOrchestrator):
        elsewhere = "engine.example.org"
        class Config(LocalOrchestrator.Config):
            shared_filesystem: bool = False
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Write a project with two steps and three orchestrators of its own."""
    folder = tmp_path
    (folder / "flow.py").write_text(dedent(CODE))
    (folder / "own.py").write_text(dedent(NARROW))
    (folder / "lolpop.yaml").write_text(
        "runner: Flow\nmodules: [flow]\npipelines: {words: Words}\n"
        "deployment: {name: words, project: demo}\n"
    )
    return folder


@pytest.fixture
def call(project: Path, inside: Callable[..., Any]) -> Callable[..., Any]:
    """Call `lolpop deployment …` in the project."""
    return lambda *arguments: inside("deployment", *arguments)


def digest(project: Path) -> str:
    (found,) = (project / ".lolpop" / "packages").glob("*.zip")
    return found.stem[:12]


def test_what_went_into_a_package_is_said(call: Any, project: Path) -> None:
    done = call("package")
    size = size_text(next((project / ".lolpop/packages").iterdir()).stat().st_size)
    said = re.sub(r"\([\d.]+ (bytes|kB)\)", "(…)", done.stdout)
    said = re.sub(r"lock   \d+ distributions(; with their wheels: [\w, -]+)?", "lock   …", said)
    assert said == (
        f"packaged {digest(project)}: 3 files, {size}\n"
        "  files  project/own.py (…), project/flow.py (…), config.yaml (…)\n"
        "  lock   …\n"
        "  steps  2: words.count, words.report\n"
        "next: lolpop deployment build\n"
    )
    assert done.stderr == ""


def test_sizes_are_written_for_people() -> None:
    assert [size_text(size) for size in (7, 1234, 2_000_000)] == ["7 bytes", "1.2 kB", "2.0 MB"]


def test_a_plan_writes_nothing(call: Any, project: Path) -> None:
    done = call("plan")
    assert re.fullmatch(
        r"  create  deployment words\n"
        r"ok: LocalOrchestrator can run words: 2 steps, \w{12}\n"
        r"next: lolpop deployment build\n",
        done.stdout,
    )
    assert not (project / ".lolpop").exists()
    call("build")
    assert call("plan").stdout.startswith("  unchanged words\n")
    planned = json.loads(call("plan", "--output", "json").stdout)
    assert (planned["orchestrator"], planned["ok"], planned["actions"]) == (
        "LocalOrchestrator",
        True,
        [],
    )


REFUSED = [
    (
        "own:Narrow",
        ["deployment.schedule={cron: '0 6 * * *'}"],
        "Narrow has no schedules: deployment.schedule is '0 6 * * *'",
        "remove deployment.schedule",
    ),
    (
        "own:Narrow",
        ["deployment.concurrency=1"],
        "\n  Narrow has no concurrency: deployment.concurrency is 1"
        "\n  Narrow has no overlap_skip: deployment.overlap is skip",
        "remove deployment.concurrency;"
        " write deployment: {overlap: queue}, if it has overlap_queue",
    ),
    (
        "own:Narrow",
        ["steps={words.*: {retries: 2}}"],
        "Narrow has no retries: steps gives retries to words.count, words.report",
        "remove the retries",
    ),
    (
        "own:Only",
        [],
        "Only has no deployments: it only decorates `lolpop run workflow`",
        "deploy with another orchestrator: --deployer NAME",
    ),
    (
        "LocalOrchestrator",
        ["storage=memory://here"],
        "the storage 'memory://here' is seen by one process alone",
        "name a folder or a URL under `storage`",
    ),
    (
        "LocalOrchestrator",
        ["storage=memory://me:hidden@here"],
        "\n  the storage 'memory://***@here' is seen by one process alone"
        "\n  there is a password in the storage 'memory://***@here', and the engine would keep and"
        " show it",
        "name a folder or a URL under `storage`;"
        " leave it out, and set it in the environment of lolpop and of the workers as fsspec reads"
        " it, FSSPEC_<PROTOCOL>_<ARGUMENT>: for example FSSPEC_FTP_PASSWORD",
    ),
    (
        "LocalOrchestrator",
        ["entrypoint=needy", "deployment.schedule={cron: '0 6 * * *'}"],
        "the schedule can't give parameter 'text', which has no default",
        "write its value under deployment.parameters.text, or give it a default",
    ),
    (
        "LocalOrchestrator",
        ["deployment.name=' words'"],
        "' words' can't name a deployment",
        "choose a name with -n, without control characters or spaces around it",
    ),
]


@pytest.mark.parametrize(("orchestrator", "settings", "reason", "hint"), REFUSED)
def test_build_refuses_what_plan_refuses_in_the_same_words(
    call: Any, project: Path, orchestrator: str, settings: list[str], reason: str, hint: str
) -> None:
    sets = [word for setting in settings for word in ("--set", setting)]
    planned = call("plan", "--to", orchestrator, *sets)
    built = call("build", "--deployer", orchestrator, *sets)
    name = "' words'" if "' words'" in "".join(settings) else "'words'"
    said = f"error: deployment {name} is refused: {reason}\nhint: {hint}\n"
    assert planned.stderr.replace(_inactive(), "") == said
    assert built.stderr == said
    assert (planned.returncode, built.returncode) == (3, 3)
    as_json = call("plan", "--to", orchestrator, *sets, "--output", "json")
    assert as_json.returncode == 3
    assert not json.loads(as_json.stdout)["ok"]
    assert call("list").stdout == "no deployment of demo on LocalOrchestrator\n"


def _inactive() -> str:
    return (
        "note: nothing fires schedules here: use an orchestrator with a server, or let cron call"
        " `lolpop deployment run words`\n"
    )


def test_a_folder_that_the_engine_does_not_see(call: Any, project: Path) -> None:
    refused = call("plan", "--to", "own:Distant")
    assert refused.stderr == (
        "error: deployment 'words' is refused: steps run on engine.example.org, which doesn't see"
        f" the folder {str(project / '.lolpop')!r}\n"
        "hint: name a URL under `storage`; if that host sees the folder under this path, write"
        " shared_filesystem: true in the orchestrator's config\n"
    )
    shared = ("--set", "orchestrator.config.shared_filesystem=true")
    assert call("plan", "--to", "own:Distant", *shared).returncode == 0


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("61 6 * * *", "has 61 as minute\nhint: the minute goes from 0 to 59\n"),
        ("0-59/90 6 1-32 * *", "has 32 as day\nhint: the day goes from 1 to 31\n"),
        ("0 6 * JAN,13 *", "has 13 as month\nhint: the month goes from 1 to 12\n"),
        ("0 6 * * 1#6", None),
        ("5,10-20/3 0-23 L 12 7", None),
    ],
)
def test_a_time_that_there_is_not(call: Any, cron: str, said: str | None) -> None:
    done = call("plan", "--set", f"deployment.schedule.cron={cron}")
    refused = f"error: deployment 'words' is refused: deployment.schedule.cron: {cron!r} {said}"
    assert (done.returncode, done.stderr) == (
        (3, _inactive() + refused) if said else (0, _inactive())
    )


def test_another_storage_while_there_are_runs(call: Any) -> None:
    assert call("plan", "--to", "own:Moved").stderr == (
        "error: deployment 'words' is refused: the records of run r1 of 'words' are in"
        " '/elsewhere': from another storage it couldn't be stopped\n"
        "hint: name that storage, or stop the runs first\n"
    )


def test_another_orchestrator_that_is_not_installed(call: Any) -> None:
    done = call("plan", "--to", "AirflowOrchestrator")
    if "isn't installed" in done.stderr:
        assert done.stderr.endswith("hint: pip install lolpop-airflow\n")
        assert done.returncode == 3


def test_a_key_of_steps_that_matches_none_is_noted(call: Any) -> None:
    done = call("plan", "--set", "steps={words.cout: {retries: 1}}")
    assert done.stderr == (
        "note: 'words.cout' in `steps` matches no step: did you mean 'words.count'?\n"
    )
    done = call("plan", "--set", "steps={zzz: {retries: 1}}")
    assert done.stderr == (
        "note: 'zzz' in `steps` matches no step; there is words.count, words.report\n"
    )


def test_a_method_takes_the_place_of_a_hook(call: Any) -> None:
    done = call("build", "--deployer", "own:Narrow", "-d", "publish")
    assert done.stdout.startswith("publishing words\ncreated: deployment words, ")
    unknown = call("build", "--deployer", "own:Narrow", "-d", "publsh")
    assert unknown.stderr == (
        "error: 'Narrow' (this project) has no public method 'publsh' to use as 'deploy'\n"
        "hint: did you mean 'publish'?\n"
    )
    assert unknown.returncode == 2
    strange = call("build", "--deployer", "own:Narrow", "-d", "strange")
    assert strange.stderr == (
        "error: 'deploy' of 'Narrow.strange' (this project) takes 'colour', which the hook"
        " doesn't have\nhint: its arguments are package, deployment, options\n"
    )
    assert strange.returncode == 3
    private = call("package", "--packager", "own:Narrow", "-p", "_secret")
    assert private.stderr == (
        "error: 'Narrow' (this project) has no public method '_secret' to use as 'package'\n"
        "hint: it has publish, strange\n"
    )


def test_a_package_by_its_digest_or_its_file(call: Any, project: Path, tmp_path: Path) -> None:
    call("package")
    known = digest(project)
    assert call("build", "--package", known[:6]).stdout.startswith("created: deployment words")
    copy = tmp_path / "copy.zip"
    shutil.copy(next((project / ".lolpop/packages").iterdir()), copy)
    with copy.open("ab") as file:
        file.write(b"more")
    assert call("build", "--package", str(copy)).stdout.startswith("unchanged: deployment words")
    shutil.rmtree(project / ".lolpop")
    assert call("build", "--package", str(copy)).stdout.startswith("created: deployment words")
    assert digest(project) == known
    nothing = call("build", "--package", "ffffffff")
    assert nothing.stderr == (
        f"error: there is no package 'ffffffff' in {str(project / '.lolpop')!r};"
        f" there is {known}\nhint: `lolpop deployment package` makes one\n"
    )
    neither = call("build", "--package", "nowhere.zip")
    assert neither.stderr == (
        "error: there is no file 'nowhere.zip', and it is no digest either\n"
        "hint: name a package's file, or at least the beginning of its digest\n"
    )
    copy.write_bytes(b"no zip")
    hostile = call("build", "--package", str(copy))
    assert hostile.returncode == 2


def test_without_a_runner_the_last_package_is_deployed(call: Any, project: Path) -> None:
    (project / "lolpop.yaml").write_text(
        "modules: [flow]\npipelines: {words: Words}\ndeployment: {project: demo}\n"
    )
    assert call("build").stderr == (
        "error: lolpop.yaml:1:1: runner: no runner is named, and project 'demo' has no package"
        " yet\n"
        "hint: name the class, write `runner: ITS_CLASS`, or package first\n"
    )
    call("package", "Flow")
    assert call("build").stdout.startswith(f"created: deployment flow, package {digest(project)}")


def test_the_commands_of_an_orchestrators_own_file(call: Any, project: Path) -> None:
    (project / "orchestrator_config.yaml").write_text("config: {fresh: true}\n")
    chosen = ("LocalOrchestrator", "-c", "orchestrator_config.yaml")
    made = call(
        *("package", "Flow", "--packager", *chosen),
        *("-p", "package", "--packaging_kwargs", "{}"),
    )
    assert "orchestrator_config.yaml" not in made.stdout
    built = call("build", "--deployer", *chosen, "-d", "deploy", "--deployment_kwargs", "{}")
    assert built.stdout.startswith("created: deployment words, ")
    started = call("run", "words", "--deployer", *chosen, "-d", "run", "--run_kwargs", "{}")
    assert started.stdout.startswith("started: run ")
    stopped = call("stop", "words", "--deployer", *chosen, "-d", "stop", "--stop_kwargs", "{}")
    assert stopped.returncode == 0
    for text in ("fresh: true\n", "LocalOrchestrator: {config: {fresh: true}}\n"):
        (project / "orchestrator_config.yaml").write_text(text)
        assert call("plan", "--to", *chosen).stdout.startswith("  unchanged words\n")
    (project / "orchestrator_config.yaml").write_text("fresh: perhaps\n")
    wrong = call("plan", "--to", *chosen)
    assert wrong.stderr.startswith("error: orchestrator_config.yaml:1:8: orchestrator.config.fresh")


def test_modules_are_added(call: Any, project: Path) -> None:
    (project / "lolpop.yaml").write_text("runner: Flow\npipelines: {words: Words}\n")
    assert call("package").returncode == 2
    assert call("package", "-m", "flow").returncode == 0


def test_an_orchestrator_is_a_single_word_away(call: Any) -> None:
    wrong = call("plan", "--to", "LocalOrchestrater")
    assert wrong.stderr == (
        "error: --deployer:1:1: orchestrator 'LocalOrchestrater' isn't installed;"
        " installed: LocalOrchestrator\n"
        "hint: did you mean 'LocalOrchestrator'? `lolpop plugins list` shows what is installed\n"
    )


def test_unknown_options_of_a_verb(call: Any) -> None:
    done = call("build", "--deployment-kwargs", '{"takeover": true}')
    assert done.stderr == (
        "error: options of 'build': takeover: extra inputs are not permitted\n"
        "hint: there is take_over, wait_for_runs\n"
    )


def test_the_list_says_where_others_are(call: Any) -> None:
    call("build")
    assert re.fullmatch(
        r"name   project  package       schedule   state\n"
        r"words  demo     \w{12}  0 6 \* \* \*  inactive\n",
        call("build", "--set", "deployment.schedule={cron: '0 6 * * *'}").stdout
        and call("list").stdout,
    )
    other = ("--set", "deployment.project=other")
    assert call("list", *other).stdout == (
        "no deployment of other on LocalOrchestrator; 1 of other projects: --all\n"
    )
    assert "words" in call("list", "--all", *other).stdout


def test_an_engines_trouble_shows_nothing_of_its_clients_code(lolpop: Any, project: Path) -> None:
    away = ("--deployer", "own:Away")
    done = lolpop("deployment", "list", *away)
    assert (done.returncode, done.stderr) == (4, "error: it is away\nhint: start it\n")
    done = lolpop("deployment", "list", *away, "--verbose")
    assert "FileNotFoundError" in done.stderr


SECTION = """\
orchestrator:
    config:
        decorator_method: decorator
        integration_types: ["component", "pipeline", "runner"]
        fresh: true
"""


@pytest.mark.parametrize("dash", ["-", "_"])
def test_the_commands_of_an_orchestrators_section(call: Any, project: Path, dash: str) -> None:
    (project / "orchestrator_config.yaml").write_text(SECTION)
    chosen = ("LocalOrchestrator", "-c", "orchestrator_config.yaml")
    packaging, deployment = f"--packaging{dash}kwargs", f"--deployment{dash}kwargs"
    made = call("package", "Flow", "--packager", *chosen, "-p", "package", packaging, "{}")
    assert made.stdout.startswith("packaged ")
    first = digest(project)
    built = ("build", "--deployer", *chosen, "-d", "deploy", deployment, "{take_over: false}")
    assert call(*built).stdout.startswith(f"created: deployment words, package {first}")
    code = (project / "flow.py").read_text()
    (project / "flow.py").write_text(code.replace('"words"', '"edited words"'))
    assert call(*built).stdout.startswith("updated: deployment words, package ")
    run = ("run", "words", "--deployer", *chosen, "-d", "run", f"--run{dash}kwargs")
    assert call(*run, "{idempotency_key: once}").stdout.startswith("started: run ")
    stop = ("stop", "words", "--deployer", *chosen, "-d", "stop", f"--stop{dash}kwargs")
    assert call(*stop, "{timeout: 60}").returncode == 0


def test_an_orchestrators_file_is_laid_over_the_project_beside_it(
    inside: Any, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "orchestrator_config.yaml").write_text(SECTION)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    file = ("-c", "../orchestrator_config.yaml")
    done = inside("deployment", "plan", "--to", "LocalOrchestrator", *file)
    assert done.stdout.endswith("next: lolpop deployment build --deployer LocalOrchestrator\n")
    assert done.returncode == 0


@pytest.mark.parametrize("text", ["fresh: true\n", "config: {fresh: true}\n", SECTION])
def test_the_file_of_a_projects_own_orchestrator(call: Any, project: Path, text: str) -> None:
    (project / "orchestrator_config.yaml").write_text(text)
    done = call("plan", "--to", "own:Narrow", "-c", "orchestrator_config.yaml")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("text", ["freshh: true\n", "orchestrator: {config: {freshh: true}}\n"])
def test_a_misspelt_key_of_an_orchestrators_own_file(call: Any, project: Path, text: str) -> None:
    (project / "orchestrator_config.yaml").write_text(text)
    done = call("build", "--deployer", "LocalOrchestrator", "-c", "orchestrator_config.yaml")
    column = text.index("freshh") + 1
    assert (done.returncode, done.stderr) == (
        2,
        f"error: orchestrator_config.yaml:1:{column}: orchestrator.config.freshh:"
        " unknown key 'freshh'\nhint: did you mean 'fresh'?\n",
    )


def test_a_file_that_is_no_yaml_beside_a_deployer(call: Any, project: Path) -> None:
    (project / "orchestrator_config.yaml").write_text("fresh: [\n")
    done = call("build", "--deployer", "LocalOrchestrator", "-c", "orchestrator_config.yaml")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("error: orchestrator_config.yaml:2:1: not YAML: ")


def test_build_says_that_it_takes_the_last_package(call: Any, project: Path) -> None:
    text = "modules: [flow]\npipelines: {words: Words}\ndeployment: {name: words, project: demo}\n"
    (project / "lolpop.yaml").write_text(text)
    call("package", "Flow")
    done = call("build")
    said = (
        rf"deploys package {digest(project)}, made at \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC:"
        " name a runner to package anew"
    )
    assert re.search(f"^note: {said}$", done.stderr, re.MULTILINE)
    answer = json.loads(call("build", "--output", "json").stdout)
    assert [note for note in answer["plan"]["notes"] if re.fullmatch(said, note)]


@pytest.mark.parametrize(
    "name", ["null", "~", "{a", "[x]", "$config.x", "${NOPE}", "a b", "#", "é", "'", "0x1"]
)
def test_a_deployer_is_no_yaml(call: Any, name: str) -> None:
    done = call("list", "--deployer", name)
    assert (done.returncode, done.stderr.partition("\n")[0]) == (
        3,
        f"error: --deployer:1:1: orchestrator {name!r} isn't installed;"
        " installed: LocalOrchestrator",
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "expected a string that isn't empty, got ''"),
        ("${env:NOPE}", "no module named '${env'"),
        ("own:None", "module 'own' has no 'None'"),
    ],
)
def test_a_deployer_that_can_be_none(call: Any, name: str, said: str) -> None:
    done = call("list", "--deployer", name)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: --deployer:1:1: decorators.orchestrator: {said}")


def test_options_are_checked_before_anything_is_packaged(call: Any, project: Path) -> None:
    (project / "flow.py").write_text("raise RuntimeError('imported')\n")
    for verb in ("plan", "build"):
        done = call(verb, "--deployment-kwargs", "{takeover: true}")
        assert done.stderr == (
            "error: options of 'build': takeover: extra inputs are not permitted\n"
            "hint: there is take_over, wait_for_runs\n"
        )
    done = call("package", "--packaging-kwargs", "{colour: red}")
    assert done.stderr.startswith("error: options of 'package': colour: extra inputs are not")


def test_parameters_among_the_options_of_a_run(call: Any, project: Path) -> None:
    call("build")
    for given in ('{"text": "a b c"}', "{text: a b c, idempotency_key: once}"):
        done = call("run", "--run_kwargs", given, "--wait")
        assert done.stdout.endswith(" succeeded\n")
    run = ("run", "words", "--run-kwargs")
    assert call(*run, "{txt: a}").stderr == (
        "error: options of 'run': txt: extra inputs are not permitted\n"
        "hint: there is take_over, idempotency_key\n"
    )
    assert call(*run, "{text: 5}").stderr.startswith("error: the parameters don't fit 'words'")


@pytest.mark.parametrize("verb", ["run", "status", "logs", "stop", "remove"])
def test_a_name_as_an_argument_or_an_option(call: Any, verb: str) -> None:
    missing = "error: no deployment 'other' on LocalOrchestrator; there is none\n"
    for name in (("other",), ("-n", "other"), ("--name", "other"), ("other", "-n", "other")):
        assert call(verb, *name).stderr.startswith(missing)
    both = call(verb, "one", "-n", "other")
    assert (both.returncode, both.stderr) == (
        2,
        "error: two deployments are named: 'one' and, with -n, 'other'\nhint: name one of them\n",
    )


def test_other_spellings_of_options(call: Any, inside: Any, project: Path) -> None:
    (project / "lolpop.yaml").rename(project / "other.yaml")
    file = ("--config-file", "other.yaml")
    for verb in ("package", "plan", "build"):
        for method in (("-b", "run"), ("--build-method", "run"), ("--build_method", "run")):
            assert call(verb, *file, *method).returncode == 0
        assert call(verb, *file, "-b", "none").returncode == 2
    for verb in ("list", "status"):
        assert call(verb, *file).returncode == (0 if verb == "list" else 2)
    for words in (
        ("config", "check"),
        ("config", "show"),
        ("graph", "-b", "run"),
        ("runs", "list"),
    ):
        assert inside(*words, *file).returncode == 0
