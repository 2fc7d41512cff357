"""Folders: where a step works, and what of its files stays."""

from __future__ import annotations

from lolpop.testing.bench import Bench
from lolpop.testing.project import Finished
from lolpop.testing.rule import expect, expect_equal, rule

ORDER = 12


def _finished(bench: Bench) -> Finished:
    project = bench.project("folders")
    (project.folder / "data").mkdir()
    (project.folder / "data" / "words.txt").write_text("one two é", "utf-8")
    project.build()
    return project.finish()


@rule(shared=True)
def relative_paths_start_at_the_project(bench: Bench) -> None:
    """Find the project's own files by their relative paths, as on the laptop."""
    finished = bench.once(_finished)
    expect_equal(finished.run.state.value, "succeeded", f"the run ({finished.status.error})")
    expect_equal(finished.seen[0]["text"], "one two é", "what the step read")


@rule(shared=True)
def each_step_has_a_folder_of_its_own(bench: Bench) -> None:
    """Keep what a step writes from the others and from the project: only outputs go on."""
    finished = bench.once(_finished)
    expect_equal(finished.run.state.value, "succeeded", f"the run ({finished.status.error})")
    _, _, look, again = finished.seen
    folder = finished.project.folder
    expect_equal(look["left"], False, "whether another step's file is there")
    expect_equal(again["text"], "one two é", "the project's file after a step wrote to it")
    expect(not (folder / "left.txt").exists(), "a step wrote into the project's own folder")
    text = (folder / "data" / "words.txt").read_text("utf-8")
    expect_equal(text, "one two é", "the file in the project's own folder")
