"""HTML that can't be broken by what is put into it: plain text is always escaped."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html import escape

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_VOID = frozenset({"meta", "col"})


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def clean(text: str) -> str:
    """Replace what no page may hold: control characters and halves of characters."""
    return text if text.isprintable() else _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def tag(name: str, /, *children: str | None, **attributes: str | float | None) -> Html:
    """Write an element.

    Args:
        name: The element's name.
        children: What is in it; all but `Html` is escaped, None is left out.
        attributes: Its attributes; `_` stands for `-`, one at the end is dropped, None
            leaves the attribute out.
    """
    opening = f"<{name}{''.join(_attribute(*each) for each in attributes.items())}>"
    if name in _VOID:
        return Html(opening)
    return Html(f"{opening}{join(*children)}</{name}>")


def join(*children: str | None) -> Html:
    """Put elements and text one after the other."""
    return Html("".join(_escaped(child) for child in children if child is not None))


def _escaped(child: str) -> str:
    return child if isinstance(child, Html) else escape(clean(child))


def _attribute(name: str, value: str | float | None) -> str:
    if value is None:
        return ""
    text = escape(clean(value)) if isinstance(value, str) else f"{round(value, 1):g}"
    return f' {name.rstrip("_").replace("_", "-")}="{text}"'


def page(title: str, style: str, body: Html, script: str = "") -> str:
    """Write a whole page that loads nothing and runs no script but the one given.

    Args:
        title: The page's title.
        style: The style sheet, ours.
        body: What is in the body.
        script: The script, ours; it runs at the end.
    """
    head = join(
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="generator", content="lolpop"),
        tag("title", title),
        tag("style", Html(style)),
    )
    end = tag("script", Html(script)) if script else None
    whole = tag("html", tag("head", head), tag("body", body, end), lang="en")
    return f"<!DOCTYPE html>\n{whole}\n"


def _policy(script: str) -> str:
    digest = b64encode(sha256(script.encode()).digest()).decode()
    scripts = f"'sha256-{digest}'" if script else "'none'"
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src {scripts}"
