import tracemalloc
import zlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from genesys_core.websocket import Closed, Failed, Pong, Text
from tests.helpers.examples import examples
from tests.helpers.websocket_frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    DEFLATE,
    FIN,
    PING,
    PONG,
    RSV1,
    RSV2,
    RSV3,
    TEXT,
    close_frame,
    fed,
    frame,
    opened,
    texts,
    unmasked,
)
from tests.strategies.websocket import cut_up, frame_streams, messages


def one(data: bytes, *, max_size: int = 1 << 24, extra: tuple[bytes, ...] = ()):
    """The last event of a stream, fed whole and byte by byte."""
    whole = opened(*extra, max_size=max_size).receive_data(data)
    bytewise = fed(opened(*extra, max_size=max_size), [bytes((byte,)) for byte in data])
    assert list(whole) == bytewise
    return whole[-1] if whole else None


@pytest.mark.slow
@given(frame_streams(), st.data(), st.booleans())
@settings(max_examples=examples(300))
def test_the_same_bytes_give_the_same_events_however_cut_up(stream, data, compressed):
    extra = (DEFLATE,) if compressed else ()
    whole, cut, bytewise = opened(*extra), opened(*extra), opened(*extra)
    expected = list(whole.receive_data(stream))
    assert fed(cut, data.draw(cut_up(stream))) == expected
    assert fed(bytewise, [bytes((byte,)) for byte in stream]) == expected
    assert bytewise.data_to_send() == whole.data_to_send()
    assert all(not isinstance(event, Closed | Failed) for event in expected[:-1])


@given(st.lists(messages(), max_size=5), st.data())
def test_texts_are_put_together_from_fragments_and_reads(parts, data):
    stream = b"".join(frames for _, frames in parts)
    events = fed(opened(), data.draw(cut_up(stream)))
    assert texts(events) == [text for text, _ in parts]


@given(st.text(max_size=300) | st.sampled_from(["x" * 125, "x" * 126, "x" * 65535, "x" * 65536]))
def test_a_text_that_is_sent_arrives(text):
    ws = opened()
    ws.send_text(text)
    assert unmasked(ws.data_to_send()) == [(FIN | TEXT, text.encode())]


def test_every_frame_has_a_mask_of_its_own():
    ws = opened()
    for _ in range(3):
        ws.send_text("same")
    sent = ws.data_to_send()
    assert len({sent[at + 2 : at + 6] for at in range(0, len(sent), 10)}) == 3


# The cases of the Autobahn test suite, by its numbers.


@pytest.mark.parametrize("size", [0, 125, 126, 127, 128, 65535, 65536])
def test_1_1_text_messages_of_all_length_forms(size):
    payload = b"*" * size
    assert opened().receive_data(frame(TEXT, payload)) == (Text("*" * size),)
    assert fed(opened(), [frame(TEXT, payload)[:9], frame(TEXT, payload)[9:]]) == [Text("*" * size)]


def test_1_2_binary_messages_are_refused_with_1003():
    assert one(frame(BINARY, b"\x01")).kind == "binary"
    assert one(frame(BINARY)).code == 1003


@pytest.mark.parametrize("payload", [b"", b"Hello", bytes(range(125))])
def test_2_pings_are_answered_in_order(payload):
    ws = opened()
    assert ws.receive_data(frame(PING, payload) + frame(PING, b"next")) == ()
    assert unmasked(ws.data_to_send()) == [(FIN | PONG, payload), (FIN | PONG, b"next")]


def test_2_5_a_ping_of_126_bytes_fails():
    assert one(frame(PING, b"x" * 126)).code == 1002


def test_2_7_an_unsolicited_pong_is_reported_and_harmless():
    assert opened().receive_data(frame(PONG, b"?") + frame(TEXT, b"a")) == (Pong(b"?"), Text("a"))


@pytest.mark.parametrize("bits", [RSV1, RSV2, RSV3, RSV1 | RSV2, RSV2 | RSV3, 0x70])
@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, CLOSE])
def test_3_reserved_bits_fail(bits, opcode):
    failed = one(frame(TEXT, b"a") + frame(opcode, flags=FIN | bits))
    assert (failed.kind, failed.code) == ("protocol", 1002)


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
@pytest.mark.parametrize("payload", [b"", b"x"])
def test_4_reserved_opcodes_fail(opcode, payload):
    assert one(frame(opcode, payload)).code == 1002


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_5_1_fragmented_control_frames_fail(opcode):
    assert one(frame(opcode, b"ab", flags=0) + frame(CONTINUATION, b"cd")).code == 1002


def test_5_control_frames_between_fragments():
    ws = opened()
    stream = frame(TEXT, b"a", flags=0) + frame(PING, b"p") + frame(CONTINUATION, b"b")
    assert ws.receive_data(stream) == (Text("ab"),)
    assert unmasked(ws.data_to_send()) == [(FIN | PONG, b"p")]


@pytest.mark.parametrize("flags", [0, FIN])
def test_5_9_a_continuation_of_nothing_fails(flags):
    assert one(frame(CONTINUATION, b"x", flags=flags) + frame(TEXT, b"y")).code == 1002


def test_5_18_a_message_inside_a_message_fails():
    assert one(frame(TEXT, b"a", flags=0) + frame(TEXT, b"b")).code == 1002


def test_6_1_frames_of_no_length():
    empty = frame(TEXT, flags=0) + frame(CONTINUATION, flags=0) + frame(CONTINUATION)
    assert opened().receive_data(empty + frame(TEXT)) == (Text(""), Text(""))


def test_6_2_text_is_cut_inside_a_character():
    word = "Hello-µ@ßöäüàá-UTF-8!!".encode()
    for at in range(len(word)):
        stream = frame(TEXT, word[:at], flags=0) + frame(CONTINUATION, word[at:])
        assert texts(fed(opened(), [stream])) == [word.decode()]


BAD_UTF8 = [
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
    b"\xf4\x90\x80\x80",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xff",
    b"\xe2\x82",
]


@pytest.mark.parametrize("payload", BAD_UTF8)
def test_6_3_text_that_is_not_utf8_fails_with_1007(payload):
    for stream in (
        frame(TEXT, payload),
        frame(TEXT, payload[:1], flags=0) + frame(CONTINUATION, payload[1:]),
        frame(TEXT, b"x" * 70000 + payload),
    ):
        failed = opened().receive_data(stream)[-1]
        assert (failed.kind, failed.code) == ("protocol", 1007)


def test_6_4_bad_text_fails_before_its_message_is_over():
    ws = opened()
    assert ws.receive_data(frame(TEXT, b"\xff", flags=0))[-1].code == 1007


def test_7_1_nothing_counts_after_a_close():
    ws = opened()
    assert ws.receive_data(close_frame(1000) + frame(TEXT, b"late")) == (Closed(1000, ""),)
    assert ws.receive_data(frame(TEXT, b"later")) == ()
    assert unmasked(ws.data_to_send()) == [(FIN | CLOSE, b"\x03\xe8")]


def test_7_3_a_close_without_a_code():
    ws = opened()
    assert ws.receive_data(frame(CLOSE)) == (Closed(1005, ""),)
    assert unmasked(ws.data_to_send()) == [(FIN | CLOSE, b"")]


@pytest.mark.parametrize("payload", [b"\x03", b"\x03\xe8" + b"x" * 124, b"\x03\xe8\xff\xfe"])
def test_7_3_closes_that_are_not_valid_fail(payload):
    assert isinstance(one(frame(CLOSE, payload)), Failed)


@pytest.mark.parametrize(
    "code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 3000, 3999, 4000, 4999]
)
def test_7_7_valid_close_codes(code):
    assert one(close_frame(code, "Tschüß".encode())) == Closed(code, "Tschüß")


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000])
def test_7_9_close_codes_that_must_not_be_sent_fail(code):
    failed = one(close_frame(code))
    assert (failed.kind, failed.code) == ("protocol", 1002)


def test_a_masked_frame_of_a_server_fails():
    assert one(frame(TEXT, b"abcd", mask=b"1234")).code == 1002
    assert one(frame(TEXT, b"a" * 200, mask=b"1234")).code == 1002


@pytest.mark.parametrize(("size", "wide"), [(5, 2), (125, 2), (5, 8), (200, 8), (65535, 8)])
def test_a_length_in_more_bytes_than_needed_fails(size, wide):
    assert opened().receive_data(frame(TEXT, b"x" * size, wide=wide))[-1].code == 1002


def test_a_length_of_more_than_63_bits_fails():
    assert one(bytes((FIN | TEXT, 127)) + b"\xff" * 8).kind == "protocol"


# Limits


def test_a_message_of_the_limit_passes_and_of_one_more_fails():
    limit = 16 * 1024 * 1024
    assert len(texts(opened().receive_data(frame(TEXT, b"x" * limit)))[0]) == limit
    failed = opened().receive_data(frame(TEXT, b"x" * (limit + 1))[:14])[-1]
    assert (failed.kind, failed.code) == ("too_big", 1009)


def test_fragments_count_together():
    stream = frame(TEXT, b"x" * 6, flags=0) + frame(CONTINUATION, b"x" * 4)
    assert one(stream, max_size=10) == Text("x" * 10)
    stream = frame(TEXT, b"x" * 6, flags=0) + frame(PING) + frame(CONTINUATION, b"x" * 5)
    assert one(stream, max_size=10).code == 1009


def test_each_message_has_the_limit_for_itself():
    stream = (frame(TEXT, b"x" * 6, flags=0) + frame(CONTINUATION, b"x" * 4)) * 3
    assert len(opened(max_size=10).receive_data(stream)) == 3


def test_small_messages_are_held_to_a_small_limit_too():
    assert one(frame(TEXT, b"x" * 11), max_size=10).code == 1009


def test_a_claimed_length_takes_no_memory():
    ws = opened()
    tracemalloc.start()
    ws.receive_data(bytes((FIN | TEXT, 127)) + (16 * 1024 * 1024).to_bytes(8, "big") + b"x")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


@example(b"\x81\x7e\x00\x05abcde")
@example(b"\x81\x7f" + b"\x00" * 8)
@given(st.binary(max_size=200))
def test_any_bytes_give_events(data):
    ws = opened()
    for event in (*ws.receive_data(data), *ws.receive_eof()):
        assert isinstance(event, Text | Pong | Closed | Failed)
    assert ws.over


# Lengths, on the fast path and beside it

EDGES = [0, 1, 125, 126, 127, 255, 256, 257, 65_535, 65_536]


@pytest.mark.parametrize("size", EDGES)
@pytest.mark.parametrize("after", EDGES)
def test_messages_of_all_lengths_follow_each_other_in_one_read(size, after):
    first, second = "a" * size, "b" * after
    stream = frame(TEXT, first.encode()) + frame(TEXT, second.encode()) + frame(PING, b"end")
    ws = opened()
    assert ws.receive_data(stream) == (Text(first), Text(second))
    assert unmasked(ws.data_to_send()) == [(FIN | PONG, b"end")]


@pytest.mark.parametrize("size", [126, 256, 65_535, 65_536])
def test_a_head_may_be_cut_anywhere(size):
    whole = frame(TEXT, b"x" * size)
    for at in (1, 2, 3, 4, 9, 10, 11, len(whole) - 1):
        assert fed(opened(), [whole[:at], whole[at:]]) == [Text("x" * size)]


@pytest.mark.parametrize(("size", "wide"), [(0, 2), (125, 2), (125, 8), (126, 8), (65_535, 8)])
def test_a_length_in_more_bytes_than_it_needs_fails(size, wide):
    assert one(frame(TEXT, b"x" * size, wide=wide)).code == 1002


@pytest.mark.parametrize("size", [1, 126, 65_536])
def test_a_server_must_not_mask(size):
    assert one(frame(TEXT, b"x" * size, mask=b"1234")).code == 1002


def test_a_ping_is_not_answered_once_we_are_closing():
    ws = opened()
    ws.close()
    assert len(unmasked(ws.data_to_send())) == 1
    assert ws.receive_data(frame(PING, b"p") + close_frame(1000)) == (Closed(1000, ""),)
    assert ws.data_to_send() == b""


def test_where_the_server_agreed_texts_are_compressed():
    ws = opened(DEFLATE)
    ws.send_text("aaaa" * 100)
    ((first, payload),) = unmasked(ws.data_to_send())
    assert first == FIN | RSV1 | TEXT
    assert len(payload) < 20
    assert zlib.decompressobj(-15).decompress(payload + b"\x00\x00\xff\xff") == b"aaaa" * 100


def test_pings_are_sent_with_their_payload():
    ws = opened()
    ws.ping(b"p")
    assert unmasked(ws.data_to_send()) == [(FIN | PING, b"p")]


@pytest.mark.parametrize("cut", range(8))
def test_a_close_code_that_was_registered_later(cut):
    data = close_frame(1014, b"bad gateway")
    ws = opened()
    assert ws.receive_data(data[:cut]) == ()
    assert ws.receive_data(data[cut:]) == (Closed(1014, "bad gateway"),)


def test_a_close_code_that_was_registered_later_needs_no_reason():
    assert one(close_frame(1014)) == Closed(1014, "")


def test_only_a_close_frame_closes():
    ws = opened()
    assert ws.receive_data(frame(PING, b"\x03\xf6") + frame(TEXT, b"a")) == (Text("a"),)
    assert unmasked(ws.data_to_send()) == [(FIN | PONG, b"\x03\xf6")]


def test_what_follows_a_close_without_a_code_is_no_code():
    assert one(frame(CLOSE) + b"\x03\xf6") == Closed(1005, "")


def test_a_close_frame_that_is_too_long_fails_at_its_head():
    assert opened().receive_data(frame(CLOSE, b"x" * 126)[:4])[-1].code == 1002


def test_the_limit_of_messages_does_not_concern_control_frames():
    assert one(close_frame(1000, b"x" * 100), max_size=10) == Closed(1000, "x" * 100)


def test_a_failure_is_sent_to_the_server_and_nothing_counts_after_it():
    ws = opened()
    assert ws.receive_data(frame(BINARY, b"x"))[-1].code == 1003
    assert unmasked(ws.data_to_send()) == [(FIN | CLOSE, b"\x03\xeb")]
    assert ws.receive_data(frame(TEXT, b"late")) == ()


def test_a_payload_that_looks_like_a_frame_is_text():
    """The second slice that is passed on begins with 0x81, the first byte of a whole text."""
    text = "x" * 4095 + "Á\x01" + "y" * 66_000
    assert opened().receive_data(frame(TEXT, text.encode())) == (Text(text),)


@pytest.mark.parametrize("size", [0, 200])
@pytest.mark.parametrize("cut", range(1, 5))
def test_a_message_may_be_followed_by_part_of_a_head(size, cut):
    first, second = frame(TEXT, b"a"), frame(TEXT, b"b" * size)
    assert fed(opened(), [first + second[:cut], second[cut:]]) == [Text("a"), Text("b" * size)]


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (125, b"\x81\xfd"),
        (126, b"\x81\xfe\x00\x7e"),
        (65_535, b"\x81\xfe\xff\xff"),
        (65_536, b"\x81\xff\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_length_is_sent_in_the_fewest_bytes(size, head):
    ws = opened()
    ws.send_text("x" * size)
    assert ws.data_to_send().startswith(head)


def test_empty_fragments_take_no_memory():
    ws = opened()
    ws.receive_data(bytes((TEXT, 1)) + b"a")
    empty = bytes((CONTINUATION, 0)) * 250
    ws.receive_data(empty)
    tracemalloc.start()
    try:
        for _ in range(20):
            ws.receive_data(empty)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 12_500
    assert ws.receive_data(bytes((FIN | CONTINUATION, 1)) + b"b") == (Text("ab"),)
