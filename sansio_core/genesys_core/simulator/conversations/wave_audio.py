"""Generates audio for recordings: a tone as a WAVE file.

Invariants: the same length yields the same bytes. A file is mono, with 8,000 samples per second of
8 bits each (RIFF/WAVE, format 1: PCM).
"""

import math
import struct
from functools import lru_cache
from typing import Final

__all__ = ["LONGEST", "make_wave"]

LONGEST: Final = 10
"""The maximum length of the audio in seconds, regardless of the recording's length."""

_RATE: Final = 8000
_PITCH: Final = 400
"""The tone's frequency in hertz; its period is a whole number of samples."""


@lru_cache(maxsize=LONGEST + 1)
def make_wave(seconds: int) -> bytes:
    """Return the bytes of a WAVE file that contains a tone.

    Args:
        seconds: the duration of the tone in seconds, from 1 to :data:`LONGEST`; other values are
            clamped to that range.
    """
    length = min(max(seconds, 1), LONGEST)
    period = _RATE // _PITCH
    wave = bytes(round(128 + 60 * math.sin(2 * math.pi * each / period)) for each in range(period))
    data = wave * (_PITCH * length)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, _RATE, _RATE, 1, 8)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI", b"RIFF", len(body)) + body
