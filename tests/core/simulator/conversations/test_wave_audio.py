"""Audio that players play."""

import io
import wave

import pytest

from genesys_core.simulator.conversations.wave_audio import LONGEST, make_wave


@pytest.mark.parametrize(("asked", "seconds"), [(0, 1), (3, 3), (LONGEST, LONGEST), (600, LONGEST)])
def test_a_file_is_read_by_the_standard_library(asked, seconds):
    with wave.open(io.BytesIO(make_wave(asked))) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 1, 8000)
        assert sound.getnframes() == 8000 * seconds
        samples = sound.readframes(8000)
    assert len(set(samples)) > 10  # a tone, not silence
    assert max(samples) <= 188


def test_the_same_length_gives_the_same_bytes():
    assert make_wave(2) == make_wave(2)
