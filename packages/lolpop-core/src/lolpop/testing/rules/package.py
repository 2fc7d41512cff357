"""Packages: what the engine runs is what was packaged, and nothing else."""

from __future__ import annotations

import os
from secrets import token_hex

from lolpop.errors import LolpopError
from lolpop.storage.location import Store
from lolpop.testing.bench import Bench
from lolpop.testing.rule import broken, expect, expect_equal, rule

ORDER = 3
_NAME = "LOLPOP_CONFORMANCE_SECRET"


@rule()
def is_deterministic(bench: Bench) -> None:
    """Give the same content the same digest, wherever the project stands.

    A version that doesn't follow the content deploys old code, or redeploys for nothing.
    """
    one, other = bench.project(), bench.project()
    other.configure({"work": {"config": {"witness": str(one.witness)}}})
    first, second = one.package(), other.package()
    expect_equal(one.package().digest, first.digest, "the digest of the same project")
    expect_equal(second.digest, first.digest, "the digest of an equal project elsewhere")
    source = one.folder / "chain.py"
    source.write_text(source.read_text("utf-8") + "\n# changed\n", "utf-8")
    expect(one.package().digest != first.digest, "other content must give another digest")


@rule()
def knows_no_orchestrator(bench: Bench) -> None:
    """Make the package that every orchestrator makes: a switch must not change it."""
    project = bench.project()
    mine = project.package().digest
    project.configure({"decorators": {"orchestrator": "LocalOrchestrator"}})
    project.settings["orchestrator"] = {}
    project.configure({})
    expect_equal(mine, project.package().digest, "the digest, and that of LocalOrchestrator")


@rule()
def is_verified_before_it_runs(bench: Bench) -> None:
    """Run nothing of a package that was changed after it was deployed."""
    project = bench.project()
    deployed = project.build()
    store = Store(deployed.storage)
    key = f"packages/{deployed.package_digest}.zip"
    store.write(key, store.read(key).replace(b'self.note("make"', b'self.note("fake"'))
    finished = project.finish()
    expect_equal(finished.run.state.value, "failed", "a run with a package that was changed")
    expect_equal(finished.steps, [], "the steps that ran from it")


@rule()
def holds_no_secret(bench: Bench) -> None:
    """Read secrets where the steps run; let none enter a package or the engine's files."""
    project = bench.project()
    project.configure({"config": {"token": f"${{env:{_NAME}}}"}})
    secret = token_hex(16)
    os.environ[_NAME] = secret
    try:
        deployed = project.build()
    except LolpopError as error:
        broken(f"a secret by reference must be deployable: {error.message}")
    finally:
        del os.environ[_NAME]
    content = project.store.read(f"packages/{deployed.package_digest}.zip")
    expect(secret.encode() not in content, "the secret stands in the package")
    expect(secret not in repr(deployed), "the secret stands in the deployment")
    for path in bench.folder.rglob("*"):
        if path.is_file():
            expect(secret.encode() not in path.read_bytes(), f"the secret stands in {path}")
