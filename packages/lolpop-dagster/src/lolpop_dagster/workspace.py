"""The workspace file that is lolpop's own: one code location, beside the user's."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from lolpop.errors import EngineError
from lolpop_dagster.config import DagsterConfig
from lolpop_dagster.jobfile import Folder, write

_MARK = "# Written by lolpop-dagster, and written again: what you change in here is lost."
_NAME_IT = (
    "name the file that lolpop may write:"
    " orchestrator: {config: {workspace: ~/dagster/lolpop-workspace.yaml}}"
)


@dataclass(frozen=True)
class Workspace:
    """A workspace file, and the folder beside it that holds the deployments.

    Attributes:
        path: The file.
        location: How its code location is called.
    """

    path: Path
    location: str

    @classmethod
    def of(cls, config: DagsterConfig) -> Workspace:
        """Give the workspace that the config names.

        Raises:
            EngineError: It names none.
        """
        if config.workspace is None:
            raise EngineError("no workspace file is named, and deployments need one", hint=_NAME_IT)
        return cls(config.workspace, config.location)

    @property
    def folder(self) -> Path:
        """The folder beside it."""
        return self.path.with_suffix(".d")

    @property
    def module(self) -> Path:
        """The code of the location."""
        return self.folder / "lolpop_location.py"

    @property
    def mark(self) -> str:
        """How the path of a file ends that no project of a user has."""
        return f"{self.folder.name}/{self.module.name}"

    @property
    def deployments(self) -> Folder:
        """The files of the deployments."""
        return Folder(self.folder / "deployments")

    @property
    def command(self) -> str:
        """What makes the file before there is any deployment."""
        default = DagsterConfig.model_fields["location"].default
        named = "" if self.location == default else f"--location {self.location} "
        return f"python -m lolpop_dagster {named}{self.path}"

    @property
    def is_foreign(self) -> bool:
        """Whether the file is there and isn't lolpop's.

        Raises:
            EngineError: It can't be read.
        """
        content = _content(self.path)
        return content is not None and not content.startswith(_MARK.encode())

    @property
    def is_made(self) -> bool:
        """Whether the file and the code location are there.

        Raises:
            EngineError: They can't be read.
        """
        return all(_content(path) is not None for path in (self.path, self.module))

    def make(self) -> None:
        """Write the file and the code location, if they aren't there.

        Raises:
            EngineError: The file is somebody else's, or can't be written.
        """
        if self.is_foreign:
            raise EngineError(
                f"the workspace file {str(self.path)!r} isn't lolpop's, and lolpop leaves it alone",
                hint=_NAME_IT,
            )
        if self.is_made:
            self.refuse_other_location()
            return
        try:
            self.deployments.path.mkdir(parents=True, exist_ok=True)
            write(self.module, self._code().encode())
            write(self.path, self._text().encode())
        except OSError as error:
            raise EngineError(f"can't write {str(self.path)!r}: {error}", hint=_NAME_IT) from error

    def refuse_other_location(self) -> None:
        """Refuse a file that has a location of another name.

        Raises:
            EngineError: It has.
        """
        wanted = f"location_name: {json.dumps(self.location)}\n".encode()
        if wanted not in (_content(self.path) or b""):
            raise EngineError(
                f"the workspace file {str(self.path)!r} has another code location than"
                f" {self.location!r}",
                hint="name one file for each `location` in the orchestrator's config",
            )

    def _text(self) -> str:
        # JSON strings are YAML strings, whatever is in them.
        entry = {
            "relative_path": str(self.module),
            "attribute": "repository",
            "executable_path": sys.executable,
            "location_name": self.location,
        }
        lines = [f"      {key}: {json.dumps(value)}" for key, value in entry.items()]
        return "\n".join([_MARK, "load_from:", "  - python_file:", *lines, ""])

    def _code(self) -> str:
        return "\n".join(
            [
                _MARK,
                "from pathlib import Path",
                "",
                "from lolpop_dagster.location import repository_of",
                "",
                'repository = repository_of(Path(__file__).parent / "deployments")',
                "",
            ]
        )


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise EngineError(
            f"can't read {str(path)!r}: {error.strerror or error}", hint=_NAME_IT
        ) from error
