"""Packages, artifacts and records at a folder or an fsspec URL."""

from __future__ import annotations

from lolpop.storage.location import Store

__all__ = ["Store"]
