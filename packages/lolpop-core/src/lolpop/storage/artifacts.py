"""Values in the storage, under the digest of what they hold."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lolpop.errors import LolpopError, NotFoundError, StorageError, UnstorableError
from lolpop.storage import container, exact, pickling
from lolpop.storage.container import Draft, Header, Opened
from lolpop.storage.files import Files
from lolpop.storage.location import Store
from lolpop.storage.preview import preview, type_name
from lolpop.storage.sections import of_bytes
from lolpop.storage.tables import Shelf
from lolpop.storage.unstorable import culprit

Element = tuple[Any, ...]
"""The keys that lead from a value to an element of it: `(0,)`, or `("model", 1)`."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A stored value.

    Attributes:
        digest: Of its content; equal for equal values of JSON's types, bytes, numpy, pandas,
            Arrow, and files, and of whatever pickles deterministically.
        size: The bytes that it takes, without elements that are stored apart.
        kind: How it is stored: json, bytes, file or pickle.
        type_name: The value's type.
        preview: A short text for people.
    """

    digest: str
    size: int
    kind: str
    type_name: str
    preview: str


def put(
    store: Store, value: Any, working_folder: Path, elements: Iterable[Element] = ()
) -> Artifact:
    """Store a value.

    Args:
        store: Where to.
        value: What the step gave.
        working_folder: Where its relative paths start.
        elements: What other steps read of it alone: stored apart, and no longer shared with
            the rest of the value.

    Raises:
        UnstorableError: Something in it can't be stored.
        StorageError: The storage can't be reached.
    """
    files = Files(working_folder, store.shown)
    draft = _draft(value, files, lambda part, deeper: _put(store, part, files, deeper), elements)
    digest, size = container.write(store, draft)
    return Artifact(digest, size, draft.kind, type_name(value), preview(value))


def digest(value: Any, working_folder: Path, elements: Iterable[Element] = ()) -> str:
    """Give the digest that a value would have, without storing it."""
    return _digest(value, Files(working_folder), elements)


def get(
    store: Store,
    digest: str,
    working_folder: Path,
    element: Element = (),
    *,
    verify: bool = False,
) -> Any:
    """Load a value, or an element of it alone, and put its files into the working folder.

    Args:
        store: Where it is.
        digest: Its digest.
        working_folder: Where its relative paths start.
        element: The keys that lead to the element.
        verify: Whether content is hashed though it is large and on this disk.

    Raises:
        NotFoundError: There is none of that digest.
        StorageError: It is damaged or can't be read here.
    """
    return _Reader(store, Files(working_folder, store.shown), verify).get(digest, element)


def digest_at(store: Store, digest: str, element: Element) -> str:
    """Give the digest of the artifact that holds an element: a part, or the whole.

    Raises:
        NotFoundError: There is none of that digest.
        StorageError: It is damaged.
    """
    if not element:
        return digest
    part = _part(container.header(store, digest), element[0])
    return digest_at(store, part, element[1:]) if part else digest


def parts(store: Store, digest: str) -> list[str]:
    """Give the digests of the artifacts that hold an artifact's elements."""
    return [part for _, part in container.header(store, digest).parts]


def keys(store: Store, digest: str) -> list[str]:
    """Give the keys of an artifact and of the parts that it consists of."""
    found = [digest]
    for each in found:
        with suppress(NotFoundError, StorageError):  # whoever reads it is told
            found += parts(store, each)
    return [container.key_of(each) for each in found]


def _put(store: Store, value: Any, files: Files, elements: Iterable[Element]) -> str:
    draft = _draft(value, files, lambda part, deeper: _put(store, part, files, deeper), elements)
    return container.write(store, draft)[0]


def _digest(value: Any, files: Files, elements: Iterable[Element]) -> str:
    draft = _draft(value, files, lambda part, deeper: _digest(part, files, deeper), elements)
    return container.digest_of(draft)


def _draft(value: Any, files: Files, save: Any, elements: Iterable[Element]) -> Draft:
    apart = _apart(value, elements)
    if not apart:
        return _whole(value, files)
    saved = [(key, save(_at(value, key), deeper)) for key, deeper in apart]
    rest = _without(value, {key: pickling.Part(part) for key, part in saved})
    return replace(_whole(rest, files), parts=saved, length=len(value))


def _whole(value: Any, files: Files) -> Draft:
    if exact.is_exact(value):
        return Draft("json", [of_bytes(exact.dumps(value))])
    if type(value) is bytes:
        return Draft("bytes", [of_bytes(value)])
    stream, tables = _dump(value, files)
    is_file = isinstance(value, Path) and files.inner(value) is not None
    sections = [tables.written(), of_bytes(stream), *tables.sections]
    return Draft("file" if is_file else "pickle", sections)


def _dump(value: Any, files: Files) -> Any:
    try:
        return pickling.dump(value, files.add)
    except LolpopError:
        raise
    except Exception as error:  # whatever the value's own code raises
        path, found = culprit(value, lambda each: pickling.dump(each, files.add))
        reason = f"{type(error).__name__}: {error}"
        hint = "return what it was made from, or leave it out by `__getstate__`"
        raise UnstorableError(path, type_name(found), reason, hint=hint) from error


def _apart(value: Any, elements: Iterable[Element]) -> list[tuple[Any, list[Element]]]:
    """Group elements by their first key, as far as the value has them."""
    if type(value) not in (tuple, list, dict):
        return []
    found: dict[Any, tuple[Any, list[Element]]] = {}
    for first, *deeper in filter(None, elements):
        key = _normal(first, None if type(value) is dict else len(value))
        if _has(value, key):
            group = found.setdefault((type(key), key), (key, []))[1]
            group.append(tuple(deeper))
    return [(key, [] if () in deeper else deeper) for key, deeper in found.values()]


def _normal(key: Any, length: int | None) -> Any:
    """Count a negative index from the front."""
    return key + length if length is not None and type(key) is int and key < 0 else key


def _has(value: Any, key: Any) -> bool:
    if type(value) is dict:
        return key in value
    return type(key) is int and 0 <= key < len(value)


def _at(value: Any, key: Any) -> Any:
    return value[key]


def _without(value: Any, saved: dict[Any, pickling.Part]) -> Any:
    if type(value) is dict:
        return {key: saved.get(key, each) for key, each in value.items()}
    return type(value)(saved.get(number, each) for number, each in enumerate(value))


def _part(header: Header, key: Any) -> str | None:
    wanted = key
    for known, part in header.parts:
        if type(known) is int:
            wanted = _normal(key, header.length)
        if type(known) is type(wanted) and known == wanted:
            return part
    return None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Loads values: each of an artifact, and of the artifacts of its elements."""

    store: Store
    files: Files
    verify: bool

    def get(self, digest: str, element: Element = ()) -> Any:
        opened = container.read(self.store, digest, self.verify)
        if element and (part := _part(opened.header, element[0])):
            return self.get(part, element[1:])
        value = self._load(digest, opened)
        for key in element:
            value = value[key]
        return value

    def _load(self, digest: str, opened: Opened) -> Any:
        kind, sections = opened.header.kind, opened.sections
        if kind == "json":
            return exact.loads(bytes(sections[0]))
        if kind == "bytes":
            return bytes(sections[0])
        try:
            shelf = Shelf(sections, pickling.load, self.files.put, self.get)
            return pickling.load(sections[1], shelf)
        except LolpopError:
            raise
        except Exception as error:  # whatever the value's own code raises
            raise StorageError(
                f"artifact {digest} can't be loaded: {type(error).__name__}: {error}",
                url=self.store.shown,
                hint="it needs the distributions, and their versions, that it was made with",
            ) from error
