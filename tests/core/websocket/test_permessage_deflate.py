import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.websocket import Failed, HandshakeDone, Text, WebSocket
from genesys_core.websocket.permessage_deflate import OFFER, Compressor, Deflate, Inflate
from tests.helpers.websocket_frames import (
    BINARY,
    CONTINUATION,
    DEFLATE,
    FIN,
    PING,
    RSV1,
    RSV2,
    RSV3,
    TEXT,
    URL,
    CountingBytes,
    accepting,
    deflated,
    fed,
    frame,
    opened,
    texts,
    unmasked,
)
from tests.strategies.websocket import cut_up


def answered(extension: str):
    """What comes of a handshake that accepts an extension."""
    ws = WebSocket.connect(URL, random_bytes=CountingBytes())
    line = b"Sec-WebSocket-Extensions: " + extension.encode()
    return ws.receive_data(accepting(ws.data_to_send(), line))[0]


def test_compression_is_offered_unless_switched_off():
    on = WebSocket.connect(URL, random_bytes=CountingBytes())
    off = WebSocket.connect(URL, random_bytes=CountingBytes(), compression=False)
    assert f"Sec-WebSocket-Extensions: {OFFER}".encode() in on.data_to_send()
    assert b"Extensions" not in off.data_to_send()


@pytest.mark.parametrize(
    ("extension", "agreed"),
    [
        ("permessage-deflate", Deflate()),
        ("Permessage-Deflate ;server_no_context_takeover", Deflate(15, True, False)),
        ("permessage-deflate; client_no_context_takeover", Deflate(15, False, True)),
        ("permessage-deflate; client_max_window_bits=9", Deflate(9)),
        ('permessage-deflate; client_max_window_bits="8"; server_max_window_bits=8', Deflate(8)),
    ],
)
def test_answers_that_are_accepted(extension, agreed):
    assert Deflate.agreed((extension,)) == agreed
    assert answered(extension) == HandshakeDone(None, (extension,), answered(extension).headers)


@pytest.mark.parametrize(
    "extension",
    [
        "permessage-bzip2",
        "permessage-deflate, permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=abc",
        "permessage-deflate; server_max_window_bits=",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; unknown",
        "permessage-deflate; ",
    ],
)
def test_answers_that_are_refused(extension):
    failed = answered(extension)
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.status) == ("handshake", 101)


def test_the_extension_that_wsproto_sees_offers_the_same():
    assert Inflate(Deflate(), 1).offer() == OFFER


def test_an_answer_without_an_offer_is_refused():
    ws = WebSocket.connect(URL, random_bytes=CountingBytes(), compression=False)
    (failed,) = ws.receive_data(accepting(ws.data_to_send(), DEFLATE))
    assert isinstance(failed, Failed)


@given(st.lists(st.text(max_size=200), max_size=4), st.data(), st.booleans())
def test_compressed_texts_arrive_however_cut_up(sent, data, keeps_context):
    extra = DEFLATE if keeps_context else DEFLATE + b"; server_no_context_takeover"
    shared = zlib.compressobj(wbits=-15)
    stream = b"".join(
        frame(TEXT, deflated(text.encode(), shared if keeps_context else None), flags=FIN | RSV1)
        for text in sent
    )
    assert texts(fed(opened(extra), data.draw(cut_up(stream)))) == sent


def test_messages_may_go_uncompressed():
    stream = frame(TEXT, b"plain") + frame(TEXT, deflated(b"packed"), flags=FIN | RSV1)
    assert texts(opened(DEFLATE).receive_data(stream + frame(TEXT, b"plain"))) == [
        "plain",
        "packed",
        "plain",
    ]


@pytest.mark.parametrize("extra", [(), (DEFLATE,)])
def test_a_fragmented_message_may_go_uncompressed(extra):
    stream = frame(TEXT, b"pl", flags=0) + frame(CONTINUATION, b"ain")
    assert opened(*extra).receive_data(stream) == (Text("plain"),)


def test_a_ping_between_compressed_fragments():
    # wsproto's own extension takes the fragments after the ping for uncompressed ones.
    packed = deflated(b"Hello Hello Hello")
    stream = (
        frame(TEXT, packed[:3], flags=RSV1)
        + frame(PING, b"?")
        + frame(CONTINUATION, packed[3:5], flags=0)
        + frame(PING)
        + frame(CONTINUATION, packed[5:])
    )
    assert opened(DEFLATE).receive_data(stream) == (Text("Hello Hello Hello"),)


@pytest.mark.parametrize("opcode", [CONTINUATION, PING])
def test_rsv1_belongs_on_the_first_frame_of_a_message(opcode):
    stream = frame(TEXT, deflated(b"a"), flags=RSV1) + frame(opcode, b"", flags=FIN | RSV1)
    assert opened(DEFLATE).receive_data(stream)[-1].code == 1002


@pytest.mark.parametrize("bit", [RSV2, RSV3])
@pytest.mark.parametrize("opcode", [TEXT, PING])
def test_the_other_reserved_bits_stay_reserved(opcode, bit):
    (failed,) = opened(DEFLATE).receive_data(frame(opcode, b"", flags=FIN | bit))
    assert (failed.kind, failed.code) == ("protocol", 1002)


@pytest.mark.parametrize("before", [b"", frame(TEXT, deflated(b"a"), flags=FIN | RSV1)])
def test_a_continuation_of_nothing_is_not_unpacked(before):
    stream = before + frame(CONTINUATION, b"\xff\xff\xff")  # no compressed data
    assert opened(DEFLATE).receive_data(stream)[-1].code == 1002


def shared_messages():
    """Two messages, the second of which refers to the first."""
    shared = zlib.compressobj(wbits=-15)
    first, second = (deflated(b"Hello Hello Hello", shared) for _ in range(2))
    assert len(second) < len(first)
    return b"".join(frame(TEXT, each, flags=FIN | RSV1) for each in (first, second))


def test_a_message_may_refer_to_those_before_it():
    assert texts(opened(DEFLATE).receive_data(shared_messages())) == ["Hello Hello Hello"] * 2


def test_without_context_takeover_a_message_stands_alone():
    ws = opened(DEFLATE + b"; server_no_context_takeover")
    text, failed = ws.receive_data(shared_messages())
    assert text == Text("Hello Hello Hello")
    assert failed.code == 1007


@pytest.mark.parametrize("payload", [b"\xff\xff\xff", b"\x07abc", deflated(b"x") + b"junk"])
def test_data_that_does_not_unpack_fails_with_1007(payload):
    failed = opened(DEFLATE).receive_data(frame(TEXT, payload, flags=FIN | RSV1))[-1]
    assert (failed.kind, failed.code) == ("protocol", 1007)


@pytest.mark.parametrize("after", [b"", b"\x00"])
def test_a_final_block_ends_a_message(after):
    # RFC 7692, 7.2.3.4: "A DEFLATE Block with 'BFINAL' Set to 1".
    final = zlib.compressobj(wbits=-15)
    payload = final.compress(b"Hello") + final.flush() + after
    stream = frame(TEXT, payload, flags=FIN | RSV1) * 2
    assert texts(opened(DEFLATE).receive_data(stream)) == ["Hello", "Hello"]
    assert texts(fed(opened(DEFLATE), [bytes((byte,)) for byte in stream])) == ["Hello", "Hello"]


def test_nothing_may_follow_a_final_block():
    final = zlib.compressobj(wbits=-15)
    payload = final.compress(b"Hello") + final.flush() + deflated(b"World")
    assert opened(DEFLATE).receive_data(frame(TEXT, payload, flags=FIN | RSV1))[-1].code == 1007


@pytest.mark.parametrize("size", [999, 1000, 1001])
def test_the_limit_is_on_what_comes_out(size):
    ws = opened(DEFLATE, max_size=1000)
    event = ws.receive_data(frame(TEXT, deflated(b"x" * size), flags=FIN | RSV1))[-1]
    assert event == Text("x" * size) if size <= 1000 else event.code == 1009


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize(
    "payload", [b"\x00\x00", deflated(b"\xff" + b"x" * 2000), deflated(b"x" * 2000 + b"\xff")]
)
def test_which_of_two_faults_is_found_does_not_depend_on_the_reads(opcode, payload):
    stream = frame(opcode, payload, flags=FIN | RSV1)
    whole = opened(DEFLATE, max_size=1000).receive_data(stream)
    bytewise = fed(opened(DEFLATE, max_size=1000), [bytes((byte,)) for byte in stream])
    assert list(whole) == bytewise
    assert isinstance(whole[-1], Failed)


def test_no_more_than_one_byte_beyond_the_limit_is_unpacked(monkeypatch):
    """Of each message as a whole, not of each of its frames."""
    unpacked = []

    class Counting:
        def __init__(self, wbits):
            self._stream = original(wbits)

        def decompress(self, data, allowance):
            found = self._stream.decompress(data, allowance)
            unpacked.append(len(found))
            return found

        def __getattr__(self, name):
            return getattr(self._stream, name)

    original = zlib.decompressobj
    monkeypatch.setattr(zlib, "decompressobj", Counting)
    ws = opened(DEFLATE, max_size=1000)
    shared = zlib.compressobj(wbits=-15)
    first = shared.compress(b"x" * 900) + shared.flush(zlib.Z_SYNC_FLUSH)
    stream = frame(TEXT, first, flags=RSV1) + frame(CONTINUATION, deflated(b"x" * 9000, shared))
    assert ws.receive_data(stream)[-1].code == 1009
    assert unpacked == [900, 101]


def test_a_bomb_is_not_unpacked():
    bomb = deflated(b"\x00" * (64 << 20))
    ws = opened(DEFLATE, max_size=1 << 20)
    tracemalloc.start()
    failed = ws.receive_data(frame(TEXT, bomb, flags=FIN | RSV1))[-1]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (failed.kind, failed.code) == ("too_big", 1009)
    assert peak < 8 << 20


@pytest.mark.parametrize("keeps_context", [True, False])
@pytest.mark.parametrize("bits", [9, 15])
def test_what_is_sent_unpacks(bits, keeps_context):
    extra = DEFLATE + b"; client_max_window_bits=%d" % bits
    ws = opened(extra if keeps_context else extra + b"; client_no_context_takeover")
    for _ in range(2):
        ws.send_text("Hello Hello Hello Hello Hello")
    stream = zlib.decompressobj(wbits=-bits)
    for first, payload in unmasked(ws.data_to_send()):
        assert first == FIN | RSV1 | TEXT
        if not keeps_context:
            stream = zlib.decompressobj(wbits=-bits)
        assert stream.decompress(payload + b"\x00\x00\xff\xff") == b"Hello " * 4 + b"Hello"


def test_a_window_that_zlib_cannot_write_leaves_messages_uncompressed():
    assert Compressor.of(Deflate(8)) is None
    ws = opened(DEFLATE + b"; client_max_window_bits=8")
    ws.send_text("Hello")
    assert unmasked(ws.data_to_send()) == [(FIN | TEXT, b"Hello")]
