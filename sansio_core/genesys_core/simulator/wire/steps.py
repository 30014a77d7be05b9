"""Steps that the owner of a connection performs.

Invariants: a connection returns steps in order, and the owner performs them without making
decisions. After :class:`Close`, :class:`HangUp`, :class:`Reset` or :class:`Silence` nothing more is
written.
"""

from typing import TypeAlias

from msgspec import Struct

__all__ = ["Close", "HangUp", "Pause", "Reset", "Silence", "WireStep", "Write"]


class Write(Struct, frozen=True):
    """Write these bytes to the connection."""

    data: bytes


class Pause(Struct, frozen=True):
    """Wait for a number of seconds; if the client disconnects first, the connection ends."""

    seconds: float


class Silence(Struct, frozen=True):
    """Stop writing, and ignore all input, until the client closes the connection."""


class Close(Struct, frozen=True):
    """Close the connection (FIN) when all pending bytes have been written."""


class HangUp(Struct, frozen=True):
    """Shut down the sending side (FIN), then ignore input until the client closes the connection.

    A connection that is closed while the client is still sending is reset, and the reset can
    overtake the response (RFC 9112 section 9.6).

    Attributes:
        seconds: the maximum time to wait for the client, in seconds.
    """

    seconds: float


class Reset(Struct, frozen=True):
    """Reset the connection (RST)."""


WireStep: TypeAlias = Write | Pause | Silence | Close | HangUp | Reset
"""A step to perform on a connection."""
