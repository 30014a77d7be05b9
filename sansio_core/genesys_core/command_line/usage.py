"""The error for an invalid command line, and suggestions for misspelled names."""

from collections.abc import Iterable

__all__ = ["UsageError", "suggest_name"]


class UsageError(ValueError):
    """The command line is invalid: an unknown option, a missing argument, a value of the wrong type.

    This is not a subclass of ``GenesysCloudError``, because importing the module of that class would
    slow down help pages.
    """


def suggest_name(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean ...?`` if a known name is similar, otherwise an empty string."""
    from difflib import get_close_matches  # noqa: PLC0415 - for errors alone

    if not name:
        return ""
    names = list(known)
    # A name that begins with the typed text comes first: difflib finds none for a short abbreviation.
    close = [each for each in names if each.startswith(name)] or get_close_matches(name, names)
    return f"; did you mean {close[0]}?" if close else ""
