"""The files of recordings: names that lead nowhere else, and media that are not there yet."""

import re
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.export.media import MediaFile, find_media, find_media_delay, media_folder
from genesys_core.models import MediaResult, Recording


def recording(**fields) -> dict[str, object]:
    return {"id": "r-1", "media": "audio", "fileState": "AVAILABLE", **fields}


def uris(**urls: str) -> dict[str, object]:
    return {channel.strip("_"): {"mediaUri": url} for channel, url in urls.items()}


def test_a_file_for_each_channel_named_by_recording_and_channel():
    one = recording(
        mediaUris=uris(_1="https://s/b.WAV?X=1.mp3", _0="https://s/a.wav#x", S="https://s/c")
    )
    assert find_media(one, "slice-1") == (
        MediaFile("https://s/a.wav#x", "media/slice-1/r-1-0.wav"),
        MediaFile("https://s/b.WAV?X=1.mp3", "media/slice-1/r-1-1.wav"),
        MediaFile("https://s/c", "media/slice-1/r-1-S"),
    )
    assert media_folder("slice-1") == "media/slice-1"


def test_a_name_that_is_no_file_name_is_replaced_by_half_of_its_digest():
    one = recording(id="a/b", mediaUris=uris(_0="https://s/a.wav"))
    digest = sha256(b"a/b").hexdigest()
    assert find_media(one, "s")[0].name == f"media/s/{digest[:32]}-0.wav"


def test_models_have_media_as_json_does():
    one = Recording(id="r", media_uris={"0": MediaResult(media_uri="https://s/a.ogg")})
    assert find_media(one, "s")[0].name == "media/s/r-0.ogg"


@pytest.mark.parametrize(
    "record",
    [
        recording(),
        recording(mediaUris=None),
        recording(mediaUris=[1]),
        recording(mediaUris={}),
        recording(mediaUris={"0": {}, "1": {"mediaUri": ""}, "2": None, "3": {"mediaUri": 5}}),
        recording(id=None, mediaUris=uris(_0="https://s/a.wav")),
        None,
        "r",
    ],
)
def test_records_without_media(record):
    assert find_media(record, "s") == ()


@given(identity=st.text(), channel=st.text(), url=st.text(min_size=1), other=st.text(min_size=1))
def test_no_name_leads_out_of_the_folder(identity, channel, url, other):
    media = {channel: {"mediaUri": url}, f"{channel}x": {"mediaUri": other}}
    found = find_media(recording(id=identity, mediaUris=media), "s")
    for one in found:
        assert re.fullmatch(r"media/s/[A-Za-z0-9_-]+(\.[a-z0-9]{1,5})?", one.name)
    assert len({one.name.partition(".")[0] for one in found}) == 2


@pytest.mark.parametrize(
    ("fields", "delayed"),
    [
        ({}, True),
        ({"fileState": "UPLOADING"}, True),
        ({"fileState": "RESTORING", "media": "screen"}, True),
        ({"mediaUris": uris(_0="https://s/a.wav")}, False),
        ({"fileState": "ARCHIVED"}, False),
        ({"fileState": "DELETED"}, False),
        ({"fileState": None}, False),
        ({"fileState": ["x"]}, False),
        ({"media": "chat"}, False),
        ({"media": ["x"]}, False),
    ],
)
def test_media_that_are_not_there_yet(fields, delayed):
    words = "recording r-1 is "
    assert find_media_delay(recording(**fields)).startswith(words) == delayed
