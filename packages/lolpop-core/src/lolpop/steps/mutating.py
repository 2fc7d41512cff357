"""Methods that change the object they belong to, by their names."""

from __future__ import annotations


def _words(text: str) -> list[str]:
    return text.split()


MUTATING = frozenset(
    (
        *_words(
            "append appendleft extend insert remove pop popleft popitem clear update setdefault"
        ),
        *_words("add discard sort reverse fit fit_transform fit_predict partial_fit train learn"),
        *_words("compile load_state_dict set_params step zero_grad difference_update"),
        *_words("intersection_update symmetric_difference_update"),
    )
)
"""Those of containers, and those with which models learn."""
