"""Reach Airflow's API: a token that is renewed, and errors that say what to do."""

from __future__ import annotations

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

_MISSING, _REFUSED = 404, (401, 403)


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
            EngineError: Airflow refuses.
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
                hint="see that `api_url` is the API server of an Airflow 3; `token` in the"
                " orchestrator's config takes a token that was made elsewhere",
            )
        return str(answer.json()["access_token"])

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

    def _error(self, error: Any) -> EngineError:
        if error.status in _REFUSED:
            return self._forbidden(error.status)
        said = str(error.body or error.reason)[:_LONGEST]
        return EngineError(f"Airflow at {self.url!r} answers {error.status}: {said}")
