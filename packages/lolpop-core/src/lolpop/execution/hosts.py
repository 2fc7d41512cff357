"""Where a server is, and whether that is this host."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit


def elsewhere(url: str) -> str | None:
    """Give the host that a URL names, or None if it is this one."""
    host = urlsplit(url).hostname
    return None if host is None or _is_here(host) else host


def address(url: str) -> str:
    """Write a server's URL so that it means the same on every host; credentials are left out."""
    parts = urlsplit(url)
    host = elsewhere(url) or socket.gethostname()
    place = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{place}{port}{parts.path.rstrip('/')}"


def _is_here(host: str) -> bool:
    if host.casefold() in {"localhost", socket.gethostname().casefold()}:
        return True
    try:
        return any(_is_own(address) for address in _addresses(host))
    except OSError:
        return False


def _addresses(host: str) -> set[str]:
    return {str(found[4][0]).partition("%")[0] for found in socket.getaddrinfo(host, None)}


def _is_own(address: str) -> bool:
    """Whether an address is one of this host: nobody else's can be listened at."""
    found = ipaddress.ip_address(address)
    if found.is_loopback or found.is_unspecified:
        return True
    family = socket.AF_INET6 if found.version == 6 else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True
