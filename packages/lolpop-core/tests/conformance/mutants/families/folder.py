"""Mutants whose steps work in the wrong folder."""

from __future__ import annotations

from mutants.engine import Sound
from mutants.registry import breaks


@breaks("folder.relative_paths_start_at_the_project", "No such file or directory: 'data/words.txt'")
class WorksElsewhere(Sound):
    wrong = "work_elsewhere"


@breaks("folder.each_step_has_a_folder_of_its_own", "whether another step's file is there")
class SharesOneFolder(Sound):
    wrong = "share_one_folder"
