"""Reach Dagster's webserver: GraphQL over HTTP, and errors that say what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from lolpop.errors import EngineError, EngineUnreachableError
from lolpop_dagster.config import DagsterConfig

_SECONDS = 20.0
"""How long one request may take."""

_LONGEST = 500
"""How much of what a server says a message repeats."""

_MAJOR = "1"
_OK = 200
_ANSWERS = (_OK, 400)
"""With 400 Dagster itself answers a question that it doesn't take."""

_REFUSED, _AWAY = (401, 403), (502, 503, 504)
_SEE = "see that `url` in the orchestrator's config is that of a Dagster webserver"


class Api:
    """The webserver, as the config names it.

    Args:
        config: The orchestrator's config.

    Attributes:
        url: Its URL, without a slash at the end.
    """

    def __init__(self, config: DagsterConfig) -> None:
        self.url = config.url.rstrip("/")
        self._headers = {"Content-Type": "application/json", **config.headers}

    def ask(self, query: str, seconds: float = _SECONDS, **variables: Any) -> dict[str, Any]:
        """Ask one question; give what stands under `data`.

        Raises:
            EngineUnreachableError: Nothing answers.
            EngineError: What answers refuses, or isn't Dagster.
        """
        answer = self._sent({"query": query, "variables": variables}, seconds)
        if errors := answer.get("errors"):
            said = "; ".join(str(error.get("message")) for error in errors)[:_LONGEST]
            raise EngineError(
                f"Dagster at {self.url!r} doesn't take the question: {said}",
                hint="this plugin speaks to Dagster 1.13: see its README for tested versions",
            )
        data: dict[str, Any] = answer["data"]
        return data

    def one(self, query: str, wanted: str, seconds: float = _SECONDS, **variables: Any) -> Any:
        """Ask a question with one answer, of the type that is wanted.

        Raises:
            EngineError: The answer is of another type.
        """
        (found,) = self.ask(query, seconds, **variables).values()
        if found["__typename"] != wanted:
            raise EngineError(f"Dagster at {self.url!r} says {said(found)}")
        return found

    def check_version(self) -> None:
        """Refuse a Dagster of another major version.

        Raises:
            EngineError: It is.
        """
        theirs = str(self.ask("{ version }")["version"])
        # A checkout of Dagster calls itself 1!0+dev.
        if theirs.partition(".")[0].partition("!")[0] != _MAJOR:
            raise EngineError(
                f"Dagster at {self.url!r} is version {theirs}, this plugin speaks to Dagster 1",
                hint="upgrade the older one of the two",
            )

    def _sent(self, question: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        try:
            code, content = self._answered(question, seconds)
        except (URLError, OSError, HTTPException, ValueError) as error:
            raise self._unreachable(getattr(error, "reason", None) or error) from None
        if code not in _ANSWERS:
            raise self._refused(code, content)
        return self._read(content)

    def _answered(self, question: Mapping[str, Any], seconds: float) -> tuple[int, bytes]:
        request = Request(f"{self.url}/graphql", json.dumps(question).encode(), self._headers)
        try:
            with urlopen(request, timeout=seconds) as answer:
                return _OK, answer.read()
        except HTTPError as error:
            with error:
                return error.code, error.read()

    def _read(self, content: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(content)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not {"data", "errors"} & {*answer}:
            raise EngineError(f"what answers at {self.url!r} isn't Dagster", hint=_SEE)
        return answer

    def _refused(self, code: int, content: bytes) -> EngineError:
        if code in _REFUSED:
            return EngineError(
                f"Dagster at {self.url!r} refuses the credentials ({code})",
                hint="give what it asks for under `headers` in the orchestrator's config, best as"
                " ${env:NAME}",
            )
        if code in _AWAY:
            return self._unreachable(f"the answer is {code}")
        text = content.decode("utf-8", "replace").strip()[:_LONGEST]
        return EngineError(f"Dagster at {self.url!r} answers {code}: {text}", hint=_SEE)

    def _unreachable(self, reason: object) -> EngineUnreachableError:
        return EngineUnreachableError(
            f"Dagster doesn't answer at {self.url!r}: {reason or 'no answer'}",
            hint="`dagster-webserver -w FILE` starts it; `url` in the orchestrator's config names"
            " another",
        )


def said(answer: Mapping[str, Any]) -> str:
    """Repeat an answer that isn't the one that was wanted, cause last."""
    if errors := answer.get("errors"):  # a run config that isn't valid
        return "; ".join(str(error["message"]) for error in errors)[:_LONGEST]
    text = str(answer.get("message") or answer["__typename"]).strip()
    chain = answer.get("errorChain") or []
    causes = [str(each["error"]["message"]).strip() for each in chain]
    return ": ".join([text, *causes])[:_LONGEST]
