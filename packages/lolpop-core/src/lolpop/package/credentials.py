"""Credentials that are known by their form, whatever they are called."""

from __future__ import annotations

import base64
import re
from binascii import Error

from lolpop.config.env import EnvName, EnvRef

_LATE = "\0"
"""Stands for the value of a variable: what is read late is no literal."""

_START, _END = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
_FORMS = {
    "a URL with a password": r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#@:]*:[^\s/?#@\0]+@",
    "a private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "a key of AWS": rf"{_START}(?:AKIA|ASIA)[A-Z0-9]{{16}}{_END}",
    "a token of GitHub": rf"{_START}(?:gh[oprsu]_[A-Za-z0-9]{{20,}}|github_pat_\w{{20,}})",
    "a token of GitLab": rf"{_START}glpat-[\w-]{{20,}}",
    "a token of Hugging Face": rf"{_START}hf_[A-Za-z0-9]{{30,}}",
    "a token of Slack": rf"{_START}xox[a-z]-[A-Za-z0-9-]{{10,}}",
    "a key of Google": rf"{_START}AIza[\w-]{{30,}}",
    "a key of Stripe": rf"{_START}[rs]k_live_[A-Za-z0-9]{{10,}}",
    "a JSON web token": rf"{_START}eyJ[\w-]{{5,}}\.eyJ[\w-]{{5,}}\.[\w-]*",
    "a bearer token": rf"(?i:{_START}bearer) +(?:(?=[^\s\d]*\d)[\w.~+/-]{{8,}}|\w{{24,}})",
}
_COMPILED = {what: re.compile(form, re.ASCII) for what, form in _FORMS.items()}
_BASIC = re.compile(rf"(?i:{_START}basic) +([A-Za-z0-9+/_-]{{4,}}={{0,2}})")


def credential_in(value: object) -> str | None:
    """Say which credential stands in a configured value; None if there is none.

    Values of variables aren't looked at, defaults are.
    """
    if isinstance(value, EnvRef):
        names = [part for part in value.parts if isinstance(part, EnvName)]
        whole = "".join(part if isinstance(part, str) else _LATE for part in value.parts)
        texts = [whole, *(name.default or "" for name in names)]
    else:
        texts = [value] if isinstance(value, str) else []
    return next((found for text in texts if (found := _form_of(text))), None)


def _form_of(text: str) -> str | None:
    for what, form in _COMPILED.items():
        if form.search(text):
            return what
    if any(_names_a_user(found[1]) for found in _BASIC.finditer(text)):
        return "a name and password"
    return None


def _names_a_user(text: str) -> bool:
    """Tell whether base64 text is a name and a password, as the scheme `Basic` writes them."""
    try:
        padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
        decoded = base64.b64decode(padded, altchars=b"-_" if set(text) & set("-_") else None)
        name, colon, password = decoded.decode().partition(":")
    except (Error, ValueError):
        return False
    return bool(colon and name and password) and (name + password).isprintable()
