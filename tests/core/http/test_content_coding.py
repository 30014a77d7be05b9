import gzip
import tracemalloc
import zlib
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.http import content_coding
from genesys_core.http.content_coding import ContentDecoder, content_codings, decode_content
from genesys_core.http.messages import TransportFailure
from tests.helpers.http1_properties import check_members, decode_streamed
from tests.strategies.http1 import cuts, packed

GZIP = ("gzip",)
HELLO = packed(b"hello", "gzip")


@pytest.mark.parametrize(
    ("value", "codings"),
    [
        ("gzip", ("gzip",)), ("X-GZip", ("gzip",)), (" deflate\t", ("deflate",)), ("", ()), ("identity", ()), (" , identity,,", ()),
        ("gzip, identity", ("gzip",)), ("identity, gzip", ("gzip",)), ("deflate, gzip", ("deflate", "gzip")), ("gzip,gzip,gzip", ("gzip",) * 3),
    ],
)  # fmt: skip
def test_the_codings_that_a_field_names(value, codings):
    assert content_codings(value) == codings


@pytest.mark.parametrize("value", ["br", "gzip, zstd", "gzip;q=1", "gzip, gzip, gzip, gzip", "compress"])  # fmt: skip
def test_codings_that_cannot_be_removed(value):
    with pytest.raises(TransportFailure, match="cannot be decoded") as raised:
        content_codings(value)
    assert (raised.value.kind, raised.value.sent) == ("protocol", True)


PACKED = [
    (HELLO, GZIP),
    (packed(b"", "gzip"), GZIP),
    (HELLO + packed(b" world", "gzip") * 2, GZIP),
    (packed(b"", "gzip") * 3 + HELLO + packed(b"", "gzip"), GZIP),
    (packed(b"hello", "deflate"), ("deflate",)),
    (packed(b"hello", "raw"), ("deflate",)),
    (packed(b"hello" * 5000, "gzip", "gzip"), ("gzip", "gzip")),
    (packed(b"hello" * 5000, "gzip", "deflate", "gzip"), ("gzip", "deflate", "gzip")),
    (packed(bytes(range(256)) * 800, "gzip"), GZIP),
]


@pytest.mark.parametrize(("body", "codings"), PACKED)
def test_content_is_the_same_whole_and_decode_streamed(body, codings):
    content = decode_content(body, codings, None)
    assert content == decode_content(body, codings, len(content) * 4 + 100)
    assert (
        content == decode_streamed([body], codings) == decode_streamed([body], codings, size=70_000)
    )
    if len(body) < 500:
        for place in range(1, len(body)):
            assert decode_streamed([body[:place], body[place:]], codings) == content


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=4), cuts, st.integers(1, 20))
def test_members_split_anywhere_are_one_content(parts, places, size):
    check_members(parts, places, size)


def test_a_header_of_zlib_is_told_from_deflate_without_one():
    """Either half of the header's rule can hold by chance for the first bytes of bare deflate."""
    stored = b"\x08\x05\x00\xfa\xffhello\x03\x00"  # the method's nibble, in bits that mean nothing
    by_chance = next(
        body
        for number in range(1000)
        if int.from_bytes((body := packed(b"%d" % number, "raw"))[:2]) % 31 == 0
    )
    assert decode_content(stored, ("deflate",), None) == b"hello"
    assert decode_content(by_chance, ("deflate",), None).isdigit()


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :]


BROKEN = [
    (b"plain", GZIP, "corrupt"),
    (flipped(HELLO, -6 + len(HELLO)), GZIP, "corrupt"),  # the checksum
    (flipped(HELLO, -2 + len(HELLO)), GZIP, "corrupt"),  # the length
    (HELLO + b"xy", GZIP, "corrupt"),
    (HELLO + b"\0" * 9, GZIP, "corrupt"),
    (HELLO + b"\x1f", GZIP, "truncated"),
    (HELLO + HELLO[:-1], GZIP, "truncated"),
    (packed(b"hello", "deflate"), GZIP, "corrupt"),
    (packed(b"hello", "deflate")[:-1], ("deflate",), "truncated"),
    (packed(b"hello", "deflate") + b"x", ("deflate",), "followed by extra bytes"),
    (packed(b"hello", "raw") + b"x", ("deflate",), "followed by extra bytes"),
    (flipped(packed(b"hello", "deflate"), 9), ("deflate",), "corrupt"),
    (b"\x78", ("deflate",), "truncated"),
    (b"\xff\xff\xff", ("deflate",), "corrupt"),
    (packed(b"hello", "gzip")[:-1], ("gzip", "gzip"), "corrupt"),
    (packed(packed(b"hello", "gzip")[:-1], "gzip"), ("gzip", "gzip"), "truncated"),
]


@pytest.mark.parametrize(("body", "codings", "problem"), BROKEN)
def test_broken_content_is_refused_whole_and_decode_streamed(body, codings, problem):
    for read in (
        lambda: decode_content(body, codings, 1000),
        lambda: decode_streamed([body], codings),
        lambda: decode_streamed([body[:1], body[1:]], codings),
    ):
        with pytest.raises(TransportFailure, match=problem) as raised:
            read()
        assert (raised.value.kind, raised.value.sent) == ("protocol", True)


@pytest.mark.parametrize("codings", [GZIP, ("deflate",), ("gzip", "gzip")])
def test_content_cut_off_anywhere_is_refused(codings):
    body = packed(b"hello world", *codings)
    for place in range(1, len(body)):
        for read in (decode_content, lambda *given: decode_streamed([given[0]], given[1])):
            with pytest.raises(TransportFailure, match="truncated"):
                read(body[:place], codings, 1000)


def test_no_content_needs_no_end():
    ContentDecoder(("gzip", "gzip"), 10).end()
    for codings in (GZIP, ("deflate",), ("gzip", "gzip")):
        decoder = ContentDecoder(codings, 10)
        assert decoder.read(5) == b""
        decoder.end()


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_what_is_not_there_yet_is_no_content(coding):
    decoder = ContentDecoder((coding,), 10)
    body = packed(b"hello", coding)
    for byte in body[:2]:
        decoder.feed(bytes([byte]))
        assert decoder.read(5) == b""
    decoder.feed(body[2:])
    assert decoder.read(5) == b"hello"
    assert decoder.read(5) == b""


def test_the_bound_holds_to_the_byte():
    for body, codings in [
        (HELLO, GZIP),
        (packed(b"hel", "gzip") + packed(b"lo", "gzip"), GZIP),
        (packed(b"hello", "deflate"), ("deflate",)),
    ]:
        assert decode_content(body, codings, 5) == b"hello"
        assert decode_streamed([body], codings, limit=5) == b"hello"
        for read in (
            decode_content,
            lambda *given: decode_streamed([given[0]], given[1], limit=given[2]),
        ):
            with pytest.raises(TransportFailure, match="larger than 4 bytes"):
                read(body, codings, 4)


def test_the_bound_holds_for_each_coding():
    """What unpacks to little in the end can unpack to much on the way."""
    with pytest.raises(TransportFailure, match="larger than"):
        decode_content(packed(packed(b"", "gzip") * 100, "gzip"), ("gzip", "gzip"), 1000)


def peak(work) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


BOMB = packed(b"\0" * 30_000_000, "gzip")


def test_a_stream_unpacks_no_more_than_was_asked_for():
    def read() -> None:
        decoder = ContentDecoder(GZIP, None)
        decoder.feed(BOMB)
        total = 0
        while content := decoder.read(10_000):
            total += len(content)
        decoder.end()
        assert total == 30_000_000

    assert peak(read) < 1_000_000


def test_a_whole_body_unpacks_to_no_more_than_its_bound():
    def read() -> None:
        with pytest.raises(TransportFailure, match="larger than"):
            decode_content(BOMB, GZIP, 1_000_000)

    assert peak(read) < 5_000_000


def test_a_flood_of_empty_members_takes_linear_work(monkeypatch):
    """What zlib hands back behind a member's end is a copy: of a slice, not of all that is left."""
    copied = 0

    class Counting:
        def __init__(self, inner) -> None:
            self._inner = inner

        def __getattr__(self, name: str):
            nonlocal copied
            value = getattr(self._inner, name)
            if name in {"unused_data", "unconsumed_tail"}:
                copied += len(value)
            return value

    new = zlib.decompressobj
    monkeypatch.setattr(content_coding.zlib, "decompressobj", lambda *args: Counting(new(*args)))
    flood = packed(b"", "gzip") * 20_000
    assert decode_streamed([flood], GZIP) == b""
    assert copied < 20 * len(flood)


def test_output_that_zlib_holds_back_is_delivered():
    """At the end of the input there can be more output than fitted into the last piece."""
    body = gzip.compress(b"\0" * 100_000)
    assert decode_streamed([body[:-12], body[-12:]], GZIP, size=1000) == b"\0" * 100_000


@pytest.mark.parametrize("coding", ["raw", "gzip", "deflate"])
def test_all_output_of_the_input_is_delivered_before_more_is_asked_for(coding):
    """Bare deflate has no checksum behind it, whose bytes would be left in the input."""
    body = packed(b"\0" * 30, coding)
    decoder = ContentDecoder(("gzip" if coding == "gzip" else "deflate",), None)
    decoder.feed(body)
    total = 0
    while content := decoder.read(1):
        total += len(content)
    decoder.end()
    assert total == 30


def test_small_reads_copy_a_slice_each_and_not_all_that_is_left(monkeypatch):
    copied = 0

    class Counting:
        def __init__(self, inner) -> None:
            self._inner = inner

        def __getattr__(self, name: str):
            nonlocal copied
            value = getattr(self._inner, name)
            copied += len(value) if name == "unconsumed_tail" else 0
            return value

    new = zlib.decompressobj
    monkeypatch.setattr(content_coding.zlib, "decompressobj", lambda *args: Counting(new(*args)))
    monkeypatch.setattr(content_coding, "_LONGEST_SLICE", 64)
    noise = b"".join(sha256(b"%d" % number).digest() for number in range(600))
    assert decode_streamed([packed(noise, "gzip")], GZIP, size=10) == noise
    assert copied < 10 * len(noise)
