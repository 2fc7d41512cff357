"""What a step runs is what was deployed, though somebody edits what is unpacked meanwhile."""

from __future__ import annotations

import os
from typing import Any

import pytest

from lolpop.contract import RunState


@pytest.mark.parametrize("fresh", [False, True])
def test_what_is_edited_during_a_run_never_runs(flow: Any, fresh: bool) -> None:
    flow.engine = flow.made(fresh=fresh)
    run = flow.run(a="show:held await:go")
    flow.shown("held")
    (source,) = (flow.storage / "cache" / "packages").glob("*/project/flow.py")
    before = source.stat()
    source.write_text(source.read_text().replace("version 1", "version 2"))
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    source.with_name("sitecustomize.py").write_text("raise SystemExit(3)\n")
    flow.show("go")
    assert flow.wait(run).run.state is RunState.SUCCEEDED
    assert [note for note in flow.notes if "ends" in note] == [
        f"{step} ends with version 1" for step in "abcde"
    ]
