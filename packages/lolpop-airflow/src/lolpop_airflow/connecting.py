"""Reach Airflow's API: a token that is renewed, and errors that say what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lolpop.errors import EngineError, EngineUnreachableError

if TYPE_CHECKING:
    from airflow_client.client import ApiClient

    from lolpop_airflow.config import AirflowConfig

_SECONDS = 20.0
"""How long one request may take."""

_LONGEST = 500
"""How much of what Airflow says a message repeats."""

_PAGE = 100
"""How much a list is asked for at once; Airflow may give less."""

_MISSING, _REFUSED, FORBIDDEN = 404, (401, 403), 403
_A_SERVER = (
    "see that `api_url` is the API server of an Airflow 3; `token` in the orchestrator's config"
    " takes a token that was made elsewhere"
)


class AnswerError(EngineError):
    """Airflow answers with an error.

    Attributes:
        status: The HTTP status.
    """

    def __init__(self, message: str, *, status: int, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


def paged(ask: Callable[[int], tuple[Sequence[Any], int | None]]) -> Iterator[Any]:
    """Yield a list's entries, however many of them come at once.

    Args:
        ask: Gives the entries from a number on, and how many there are in all, if that is known.
    """
    seen = 0
    while True:
        entries, total = ask(seen)
        yield from entries
        seen += len(entries)
        if not entries or (total is not None and seen >= total):
            return


def _said(error: Exception) -> str:
    """Give what a misread answer's error says first."""
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return ": ".join([*map(str, first["loc"]), first["msg"]])
    return str(error)[:_LONGEST]


class Api:
    """Airflow's API, as the config names it.

    Args:
        config: The orchestrator's config.
    """

    def __init__(self, config: AirflowConfig) -> None:
        self.config = config
        self.url = config.api_url.rstrip("/")

    def call(self, kind: str, method: str, **arguments: Any) -> Any:
        """Call a method of one of the client's classes.

        Raises:
            EngineUnreachableError: Nothing answers.
            AnswerError: Airflow refuses.
            EngineError: What answers isn't understood.
        """
        from airflow_client.client.exceptions import ApiException

        try:
            return self._asked(kind, method, arguments)
        except ApiException as error:
            raise self._error(error) from error

    def find(self, kind: str, method: str, **arguments: Any) -> Any:
        """Call a method; None if Airflow doesn't have what it is about."""
        from airflow_client.client.exceptions import ApiException

        try:
            return self._asked(kind, method, arguments)
        except ApiException as error:
            if error.status == _MISSING:
                return None
            raise self._error(error) from error

    def all(self, kind: str, method: str, entries: str, **arguments: Any) -> Iterator[Any]:
        """Yield the entries of a list; none if Airflow doesn't have what it is about."""

        def ask(offset: int) -> tuple[Sequence[Any], int | None]:
            found = self.find(kind, method, limit=_PAGE, offset=offset, **arguments)
            return (getattr(found, entries), found.total_entries) if found else ((), 0)

        return paged(ask)

    def _asked(self, kind: str, method: str, arguments: dict[str, Any]) -> Any:
        from airflow_client.client.exceptions import ApiException

        try:
            return self._sent(kind, method, arguments)
        except ApiException as error:
            if error.status not in _REFUSED or self.config.username is None:
                raise
        del self.client  # the token is too old: another one, once
        return self._sent(kind, method, arguments)

    def _sent(self, kind: str, method: str, arguments: dict[str, Any]) -> Any:
        import airflow_client.client as client
        from urllib3.exceptions import HTTPError

        try:
            asked = getattr(getattr(client, kind)(self.client), method)
            return asked(**arguments, _request_timeout=_SECONDS)
        except HTTPError as error:
            raise self._unreachable(error) from error
        except ValueError as error:  # pydantic's are of this kind, too
            raise self._misread(error) from error

    @cached_property
    def client(self) -> ApiClient:
        """The client with a token; deleting it takes another token."""
        from airflow_client.client import ApiClient, Configuration

        return ApiClient(Configuration(host=self.url, access_token=self._token()))

    def _token(self) -> str | None:
        import urllib3

        config = self.config
        if config.token is not None or config.username is None:
            return config.token
        try:
            answer = urllib3.request(
                "POST",
                f"{self.url}/auth/token",
                json={"username": config.username, "password": config.password or ""},
                timeout=_SECONDS,
            )
        except urllib3.exceptions.HTTPError as error:
            raise self._unreachable(error) from error
        if answer.status in _REFUSED:
            raise self._forbidden(answer.status)
        if answer.status >= 300:
            raise EngineError(
                f"Airflow at {self.url!r} answers {answer.status} to a request for a token",
                hint=_A_SERVER,
            )
        try:
            return str(answer.json()["access_token"])
        except (ValueError, KeyError, TypeError) as error:
            raise EngineError(
                f"what answers at {self.url!r} gives no token", hint=_A_SERVER
            ) from error

    def _unreachable(self, error: Exception) -> EngineUnreachableError:
        reason = getattr(error, "reason", None) or error
        return EngineUnreachableError(
            f"Airflow doesn't answer at {self.url!r}: {reason}",
            hint="`airflow api-server` starts it; `api_url` in the orchestrator's config names"
            " another one",
        )

    def _forbidden(self, status: int) -> EngineError:
        return EngineError(
            f"Airflow at {self.url!r} refuses the credentials ({status})",
            hint="give `username` and `password`, or `token`, in the orchestrator's config, best as"
            " ${env:NAME}",
        )

    def _unpermitted(self) -> AnswerError:
        who = f"user {self.config.username!r}" if self.config.username else "the token's user"
        return AnswerError(
            f"Airflow at {self.url!r} knows {who}, but doesn't permit this",
            status=FORBIDDEN,
            hint="let somebody who administers Airflow give that user the permission to read and"
            " edit DAGs and their runs",
        )

    def _misread(self, error: Exception) -> EngineError:
        from airflow_client.client import __version__

        version = self._version()
        who = f"Airflow {version} at {self.url!r}" if version else f"{self.url!r}"
        return EngineError(
            f"apache-airflow-client {__version__} can't read what {who} answers: {_said(error)}",
            hint=f"install the client of that version: apache-airflow-client=={version}"
            if version
            else _A_SERVER,
        )

    def _version(self) -> str | None:
        """Ask for Airflow's version without the client, which may be of another one."""
        import urllib3

        try:
            answer = urllib3.request("GET", f"{self.url}/api/v2/version", timeout=_SECONDS)
            return str(answer.json()["version"])
        except (urllib3.exceptions.HTTPError, ValueError, KeyError, TypeError):
            return None

    def _error(self, error: Any) -> EngineError:
        said = str(error.body or error.reason)[:_LONGEST]
        if not error.status:  # no JSON
            return self._misread(ValueError(error.reason))
        if error.status == FORBIDDEN and "token" not in said.lower():
            return self._unpermitted()
        if error.status in _REFUSED:
            return self._forbidden(error.status)
        return AnswerError(
            f"Airflow at {self.url!r} answers {error.status}: {said}", status=error.status
        )
