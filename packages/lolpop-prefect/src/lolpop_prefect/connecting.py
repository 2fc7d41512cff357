"""Reach Prefect's API: with the configured settings, and errors that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from lolpop.errors import EngineError, EngineUnreachableError, LolpopError, UsageError, nearest
from lolpop.importing import permanent
from lolpop_prefect.urls import shown

if TYPE_CHECKING:
    import httpx
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.context import SettingsContext

    from lolpop_prefect.config import PrefectConfig

_SECONDS = 10.0
"""How long a server may take to answer a request."""

_CONNECTING = 2.0
"""How long one attempt to connect may take, of the four that Prefect's client makes at once."""

_RETRIES = 3
"""How often a request is repeated, after 2, 4 and 8 s: a busy SQLite says 503 and passes. With
Prefect's own five, an outage takes minutes to tell."""

_LONGEST = 500
"""How much of what a server says a message repeats."""

_START = "`prefect server start` starts one"
_ANOTHER = "see that `api_url` ends in /api and belongs to a Prefect 3"
_NAME_IT = "name a server: orchestrator: {config: {api_url: http://127.0.0.1:4200/api}}"


def chosen(config: PrefectConfig) -> SettingsContext:
    """Give what `settings` and `impatient` set, to be entered as often as needed.

    It takes a while to make.

    Raises:
        UsageError: There is no such profile.
    """
    with permanent():
        from prefect.context import get_settings_context
    with settings(config), impatient():
        return get_settings_context()


@contextmanager
def settings(config: PrefectConfig) -> Iterator[None]:
    """Let Prefect's settings be what the config says; the user's profile isn't touched.

    Raises:
        UsageError: There is no such profile.
    """
    from prefect.settings import (
        PREFECT_API_AUTH_STRING,
        PREFECT_API_KEY,
        PREFECT_API_URL,
        temporary_settings,
    )

    named = {
        PREFECT_API_URL: config.api_url,
        PREFECT_API_KEY: config.api_key,
        PREFECT_API_AUTH_STRING: config.auth_string,
    }
    with ExitStack() as stack:
        if config.profile is not None:
            stack.enter_context(_profile(config.profile))
        updates: dict[Any, Any] = {key: value for key, value in named.items() if value}
        stack.enter_context(temporary_settings(updates=updates))
        yield


@contextmanager
def impatient() -> Iterator[None]:
    """Let clients give up within a minute; runs themselves keep Prefect's patience."""
    from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    retries = min(_RETRIES, PREFECT_CLIENT_MAX_RETRIES.value())
    with temporary_settings(updates={PREFECT_CLIENT_MAX_RETRIES: retries}):
        yield


@contextmanager
def _profile(name: str) -> Iterator[None]:
    from prefect.context import use_profile
    from prefect.settings import load_profiles

    known = [*load_profiles().names]
    if name not in known:
        likely = nearest(name, known)
        hint = f"did you mean {likely!r}?" if likely else f"there is {', '.join(sorted(known))}"
        raise UsageError(f"Prefect has no profile {name!r}", hint=hint)
    with use_profile(name, include_current_context=False):
        yield


def new_client() -> SyncPrefectClient:
    """Make a client of the server that Prefect's settings name, to be entered once.

    Raises:
        EngineError: They name none.
    """
    import httpx
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL

    if not PREFECT_API_URL.value():
        raise EngineError("no Prefect server is named, and deployments need one", hint=_NAME_IT)
    timeout = httpx.Timeout(_SECONDS, connect=_CONNECTING)
    return get_client(sync_client=True, httpx_settings={"timeout": timeout})


@contextmanager
def translated() -> Iterator[None]:
    """Turn what a client of the server that Prefect's settings name raises into errors of ours.

    Raises:
        EngineUnreachableError: Nothing answers there.
        EngineError: What answers refuses, or isn't a Prefect of this major version.
    """
    import httpx
    from prefect.settings import PREFECT_API_URL

    url = shown(PREFECT_API_URL.value() or "")
    try:
        yield
    except LolpopError:
        raise
    except httpx.HTTPStatusError as error:
        raise _refused(url, error) from None  # the client's frames tell nobody anything
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise _unreachable(url, str(error) or type(error).__name__) from None


def _unreachable(url: str, reason: str) -> EngineUnreachableError:
    return EngineUnreachableError(
        f"Prefect doesn't answer at {url!r}: {reason}",
        hint=f"{_START}; `api_url` in the orchestrator's config names another one",
    )


def _refused(url: str, error: httpx.HTTPStatusError) -> EngineError:
    code = error.response.status_code
    if code in (401, 403):
        return EngineError(
            f"Prefect at {url!r} refuses the credentials ({code})",
            hint="give `api_key` (Prefect Cloud) or `auth_string` (a server of your own) in the"
            " orchestrator's config, best as ${env:NAME}",
        )
    if code in (502, 503, 504):
        return _unreachable(url, f"{code} {error.response.reason_phrase}")
    path = error.request.url.path
    return EngineError(
        f"Prefect at {url!r} answers {code} to {error.request.method} {path}: {_detail(error)}",
        hint=_ANOTHER if code == 404 else None,
    )


def _detail(error: httpx.HTTPStatusError) -> str:
    try:
        found = error.response.json()
    except ValueError:
        return error.response.text[:_LONGEST]
    known = found if isinstance(found, dict) else {}
    return str(known.get("detail") or known.get("exception_detail") or found)[:_LONGEST]


def check_version(client: SyncPrefectClient) -> None:
    """Refuse a server whose API is of another major version; one that doesn't say it passes.

    Raises:
        EngineError: It is, or what answers isn't Prefect.
    """
    import httpx

    url, ours = shown(client.api_url).rstrip("/"), client.client_version()
    try:
        theirs = str(client.api_version())
    except httpx.HTTPStatusError as error:
        if error.response.status_code == HTTPStatus.NOT_FOUND:  # Prefect Cloud promises none
            return
        raise
    except ValueError:
        raise EngineError(f"what answers at {url!r} isn't Prefect's API", hint=_ANOTHER) from None
    if theirs.partition(".")[0] != ours.partition(".")[0]:
        raise EngineError(
            f"Prefect at {url!r} is version {theirs}, this plugin speaks to {ours}",
            hint="upgrade the older one of the two",
        )


def check_server(config: PrefectConfig) -> None:
    """Refuse a server that is away, of another version, or doesn't take the credentials.

    Where none is named there is nothing to check: Prefect starts one for the flow.

    Raises:
        EngineUnreachableError: Nothing answers there.
        EngineError: What answers refuses, or isn't a Prefect of this major version.
    """
    from prefect.settings import PREFECT_API_URL

    with settings(config), impatient():
        if PREFECT_API_URL.value():
            with translated(), new_client() as client:
                check_version(client)
                client.read_flows(limit=1)  # a server may tell its health to anybody
