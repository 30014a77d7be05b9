"""Frames that come over two sockets, handed out once.

Law: during a planned move a frame is handed out as often as the socket that carried it more often
carried it. So equal frames of one socket all count, their copies from the other do not, and which
copy comes first makes no difference.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

__all__ = ["DuplicateFilter"]

_MAX_FRAMES: Final = 10_000
_MAX_CHARACTERS: Final = 16 * 1024 * 1024
"""What is remembered of frames whose copy has not come. A move lasts seconds and copies come within
fractions of one, so that this is only reached when one socket stands still; then copies of the
frames beyond are handed out again."""


class DuplicateFilter(Struct, frozen=True):
    """The frames of an old and a new socket whose copies are still to come.

    Attributes:
        old: the number of the old socket.
        new: the number of the new one.
        ahead: by text, how often more the old socket carried it than the new one; negative where
            the new one is ahead, and never zero.
        size: characters of these texts.
        until: when the last copies from the new socket have come; ``None`` while the old one is
            open.
    """

    old: int
    new: int
    ahead: Mapping[str, int] = {}
    size: int = 0
    until: float | None = None

    def count_frame(self, socket: int, text: str) -> "tuple[DuplicateFilter, bool]":
        """Count a frame; also says whether it is to be handed out."""
        sign = 1 if socket == self.old else -1
        lead = self.ahead.get(text, 0) * sign
        if lead < 0:
            return self._counted(text, (lead + 1) * sign), False
        if self.until is not None or self._full(text, lead):
            return self, True
        return self._counted(text, (lead + 1) * sign), True

    def without_new_socket(self) -> "DuplicateFilter":
        """The new socket broke: its copies will not come; the old one's still may."""
        return self._keeping({text: lead for text, lead in self.ahead.items() if lead < 0})

    def with_new_socket(self, new: int) -> "DuplicateFilter":
        """Another new socket takes the place of the one that broke."""
        return replace(self, new=new)

    def without_old_socket(self, until: float) -> "DuplicateFilter":
        """The old socket is closed: the new one's copies may come until then."""
        kept = self._keeping({text: lead for text, lead in self.ahead.items() if lead > 0})
        return replace(kept, until=until)

    def _keeping(self, ahead: Mapping[str, int]) -> "DuplicateFilter":
        return replace(self, ahead=ahead, size=sum(map(len, ahead)))

    def _full(self, text: str, lead: int) -> bool:
        grown = self.size + len(text)
        return lead == 0 and (len(self.ahead) >= _MAX_FRAMES or grown > _MAX_CHARACTERS)

    def _counted(self, text: str, lead: int) -> "DuplicateFilter":
        ahead = dict(self.ahead)
        before = ahead.pop(text, 0)
        if lead:
            ahead[text] = lead
        grown = (len(text) if lead else 0) - (len(text) if before else 0)
        return replace(self, ahead=ahead, size=self.size + grown)
