"""The media of recordings: the files, their names, and the reasons why media are not ready yet.

Invariants: the name of a file depends on the slice, the recording and the channel, so that a file
that was fetched before a crash is found again. No value from the server can produce a path outside
the slice's folder.
"""

import re
from hashlib import sha256
from typing import Final, cast

from msgspec import Struct

from genesys_core.paging.places import read_path

__all__ = ["MediaFile", "find_media", "find_media_delay", "media_folder"]

_PREPARED: Final = frozenset({"AVAILABLE", "RESTORED", "RESTORING", "UPLOADING"})
"""The states of a recording whose media are available or will become available. In other states
(``ARCHIVED``, ``DELETED``), a recording has no media."""

_RECORDED: Final = frozenset({"audio", "screen"})
"""The kinds of recordings whose content is a file; the content of other kinds is in the record
itself."""


class MediaFile(Struct, frozen=True):
    """A media file of a recording.

    Attributes:
        url: the file's pre-signed URL, which expires soon.
        name: the file's path relative to the export's directory, with slashes.
    """

    url: str
    name: str


def media_folder(slice_id: str) -> str:
    """Return the path of a slice's media folder, relative to the export's directory."""
    return f"media/{slice_id}"


def find_media(record: object, slice_id: str) -> tuple[MediaFile, ...]:
    """Return the media files of a recording, one for each channel that has a URL."""
    uris, identity = read_path(record, "mediaUris"), read_path(record, "id")
    if not isinstance(uris, dict) or not isinstance(identity, str):
        return ()
    found: list[MediaFile] = []
    for channel, media in sorted(cast("dict[str, object]", uris).items()):
        url = read_path(media, "mediaUri")
        if isinstance(url, str) and url:
            name = f"{_safe(identity)}-{_safe(channel)}{_find_ending(url)}"
            found.append(MediaFile(url, f"{media_folder(slice_id)}/{name}"))
    return tuple(found)


def find_media_delay(record: object) -> str:
    """Return the reason why a recording has no media yet; empty if it has or never will have media."""
    state, kind = read_path(record, "fileState"), read_path(record, "media")
    if str(state) not in _PREPARED or str(kind) not in _RECORDED or find_media(record, ""):
        return ""
    return f"recording {read_path(record, 'id')} is {state} and has no media yet"


def _safe(text: str) -> str:
    # Any other text may contain separators or be too long for a file name: its digest is used.
    if re.fullmatch(r"[A-Za-z0-9_-]{1,80}", text):
        return text
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _find_ending(url: str) -> str:
    # Only of the path: the query contains the signature.
    found = re.search(r"\.[A-Za-z0-9]{1,5}$", re.split(r"[?#]", url)[0])
    return found[0].lower() if found else ""
