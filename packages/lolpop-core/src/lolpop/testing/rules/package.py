"""Packages: what the engine runs is what was packaged, and nothing else."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from lolpop.errors import LolpopError
from lolpop.execution.session import cache_of
from lolpop.package.archive import write_zip
from lolpop.package.opening import unpack
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
    """Run no code that was put into a package, or where it is unpacked, after it was deployed.

    Whoever can write to the storage could run anything otherwise, and nobody would see it.
    """
    project = bench.project()
    deployed = project.build()
    store = Store(deployed.storage)
    _forge_unpacked(store, deployed.package_digest)
    key = f"packages/{deployed.package_digest}.zip"
    store.write(key, _forged(store.read(key)))
    finished = project.finish()
    expect("fake" not in finished.steps, "the code that was put into the package has run")
    whole = finished.run.state.value == "succeeded"
    expected = ["make", "change", "finish"] if whole else []
    expect_equal(finished.steps, expected, "the steps that ran from it")


def _forge_unpacked(store: Store, digest: str) -> None:
    """Change the code where steps find it unpacked, and let size and time be as they were."""
    source = unpack(store, digest, cache_of(store) / "packages").project / "chain.py"
    before = source.stat()
    source.write_bytes(source.read_bytes().replace(b'"make"', b'"fake"'))
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))


def _forged(content: bytes) -> bytes:
    """Change the code in a package, and let it be a sound zip."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        read = {name: archive.read(name) for name in archive.namelist()}
    changed = {name: data.replace(b'"make"', b'"fake"') for name, data in read.items()}
    changed["manifest.json"] = read["manifest.json"]
    write_zip(target, [(name, data, False) for name, data in changed.items()])
    return target.getvalue()


@rule()
def holds_no_secret(bench: Bench) -> None:
    """Let no secret enter packages, records or the engine's files: steps alone read it."""
    project = bench.project()
    project.configure({"config": {"token": f"${{env:{_NAME}}}"}})
    secret = token_hex(16)
    os.environ[_NAME] = secret
    try:
        deployed = project.build()
        project.finish()
    except LolpopError as error:
        broken(f"a secret by reference must be deployable: {error.message}")
    finally:
        del os.environ[_NAME]
    content = project.store.read(f"packages/{deployed.package_digest}.zip")
    expect(secret.encode() not in content, "the secret stands in the package")
    expect(secret not in repr(deployed), "the secret stands in the deployment")
    for path in _files(bench.folder, *bench.harness.folders):
        with suppress(FileNotFoundError):  # a working folder may be dropped just now
            expect(secret.encode() not in path.read_bytes(), f"the secret stands in {path}")


def _files(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        for where, _, names in os.walk(folder):
            yield from (path for name in names if (path := Path(where, name)).is_file())
