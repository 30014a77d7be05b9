from collections import deque
from collections.abc import Iterable

import pytest

from genesys_core.http.body_readers import (
    BodyReader,
    ChunkedReader,
    LengthReader,
    UntilCloseReader,
    read_whole_chunks,
)
from genesys_core.http.limits import DEFAULT_LIMITS, ResponseLimits
from genesys_core.http.messages import TransportFailure
from tests.strategies.http1 import chunk, single_bytes


def read(reader: BodyReader, pieces: Iterable[bytes]) -> tuple[bytes, bytes | None]:
    """The body, and what followed it."""
    content: deque[bytes] = deque()
    rest = None
    for piece in pieces:
        rest = piece if rest is not None else reader.feed(piece, content)
    return b"".join(content), rest


class TestLength:
    def test_it_ends_where_it_was_to_end(self):
        assert read(LengthReader(2), [b"hi"]) == (b"hi", b"")
        assert read(LengthReader(2), [b"h", b"i"]) == (b"hi", b"")
        assert read(LengthReader(2), [b"hi more"]) == (b"hi", b" more")
        assert read(LengthReader(3), [b"hi"]) == (b"hi", None)

    def test_a_close_is_no_end(self):
        with pytest.raises(TransportFailure, match="before the response was complete") as raised:
            LengthReader(2).end()
        assert (raised.value.kind, raised.value.sent) == ("closed", True)


class TestUntilClose:
    def test_a_close_is_its_end(self):
        reader = UntilCloseReader(DEFAULT_LIMITS)
        assert read(reader, [b"hi", b" more"]) == (b"hi more", None)
        reader.end()

    def test_it_is_bounded_unless_the_bound_is_lifted(self):
        assert read(UntilCloseReader(ResponseLimits(body=2)), [b"hi"]) == (b"hi", None)
        with pytest.raises(TransportFailure, match="larger than 1 bytes"):
            read(UntilCloseReader(ResponseLimits(body=1)), [b"h", b"i"])
        assert read(UntilCloseReader(ResponseLimits(body=None)), [b"hi"]) == (b"hi", None)


BODIES = [
    (b"0\r\n\r\n", b""),
    (chunk(b"hi") + b"0\r\n\r\n", b"hi"),
    (chunk(b"hi") + chunk(b"\r\n0\r\n\r\n") + b"0\r\n\r\n", b"hi\r\n0\r\n\r\n"),
    (b"0002\r\nhi\r\n" + b"000\r\n\r\n", b"hi"),
    (chunk(b"x" * 300) + b"10\r\n" + b"y" * 16 + b"\r\n0\r\n\r\n", b"x" * 300 + b"y" * 16),
    (b"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", b"0123456789" * 2),
    (chunk(b"hi", b";a=b") + chunk(b"ho", b';"\xe9\t;"') + b"0;a\r\n\r\n", b"hiho"),
    (chunk(b"hi", b" \t") + b"0 \r\n\r\n", b"hi"),
    (chunk(b"hi") + b"0\r\nA: b\r\nContent-Length: 9\r\nTransfer-Encoding: gzip\r\n\r\n", b"hi"),
    (chunk(b"hi") + b"0\r\nA: b\r\n folded\r\n\x01B: c\r\n\r\n".replace(b"\x01", b""), b"hi"),
]


LIMITS = [
    # The limit, a body that is within it to the byte, and the same a byte longer.
    (ResponseLimits(chunk_line=16), chunk(b"hi", b";" + b"e" * 12) + b"0\r\n\r\n", chunk(b"hi", b";" + b"e" * 13)),
    (ResponseLimits(trailers=6), b"0\r\nA: b\r\n\r\n", b"0\r\nA: bc\r\n"),
    (ResponseLimits(trailers=12), b"0\r\nA: b\r\nA: b\r\n\r\n", b"0\r\nA: b\r\nA: bc\r\n"),
    (ResponseLimits(trailers=0), b"0\r\n\r\n", b"0\r\nA:\r\n"),
    (ResponseLimits(fields=2), b"0\r\n" + b"A: b\r\n" * 2 + b"\r\n", b"0\r\n" + b"A: b\r\n" * 3),
    (ResponseLimits(chunk_overhead=10), chunk(b"h", b";" + b"e" * 22) + b"0\r\n\r\n", chunk(b"h", b";" + b"e" * 23)),
    (ResponseLimits(chunk_overhead=10), chunk(b"h" * 40) + chunk(b"h", b";" + b"e" * 22) + b"0\r\n\r\n", chunk(b"h" * 40) + chunk(b"h", b";" + b"e" * 23)),
    (ResponseLimits(body=3), chunk(b"h") + chunk(b"ij") + b"0\r\n\r\n", chunk(b"h") + b"3\r\n"),
]  # fmt: skip


class TestChunked:
    @pytest.mark.parametrize(("data", "body"), BODIES)
    def test_it_is_the_same_cut_anywhere(self, data, body):
        assert read(ChunkedReader(DEFAULT_LIMITS), [data]) == (body, b"")
        assert read(ChunkedReader(DEFAULT_LIMITS), [data + b"x"]) == (body, b"x")
        assert read(ChunkedReader(DEFAULT_LIMITS), single_bytes(data)) == (body, b"")
        for place in range(1, len(data)):
            reader = ChunkedReader(DEFAULT_LIMITS)
            assert read(reader, [data[:place], data[place:] + b"x"]) == (body, b"x")

    @pytest.mark.parametrize(("data", "body"), BODIES)
    def test_a_close_is_no_end(self, data, body):
        for place in range(len(data)):
            reader = ChunkedReader(DEFAULT_LIMITS)
            _, rest = read(reader, [data[:place]] if place else [])
            assert rest is None
            with pytest.raises(TransportFailure) as raised:
                reader.end()
            assert raised.value.kind == "closed"

    @pytest.mark.parametrize(
        "data",
        [
            b"z\r\n", b"\r\n", b"-1\r\n", b"+1\r\n", b"0x1\r\n", b"1_0\r\n", b"1 0\r\n", b" 1\r\n", b"1" * 21 + b"\r\n",
            b"1\n", b"1;a\n", b"1;a\rb\r\n", b"1;\x00\r\n", b"1 ;a\r\n",
            b"1\r\nab", b"1\r\na\n", b"1\r\na\rx",
            b"0\r\n\n", b"0\r\nA: b\n", b"0\r\nA\r\n", b"0\r\n: b\r\n", b"0\r\nA : b\r\n", b"0\r\nA: \x00\r\n", b"0\r\n folded\r\n", b"0\r\nA: b\r\n\x0b",
        ],
    )  # fmt: skip
    def test_what_is_malformed_is_refused_at_its_line_break(self, data):
        for pieces in ([data + b"\n"], single_bytes(data + b"\n")):
            with pytest.raises(TransportFailure, match="not valid HTTP") as raised:
                read(ChunkedReader(DEFAULT_LIMITS), pieces)
            assert (raised.value.kind, raised.value.sent) == ("protocol", True)

    def test_a_wrong_end_of_a_chunk_is_refused_at_its_first_byte(self):
        with pytest.raises(TransportFailure, match="longer than its chunk-size line"):
            read(ChunkedReader(DEFAULT_LIMITS), [b"1\r\nab"])
        with pytest.raises(TransportFailure, match="longer than its chunk-size line"):
            read(ChunkedReader(DEFAULT_LIMITS), [b"1\r\na\r", b"x"])

    @pytest.mark.parametrize(("limits", "within", "beyond"), LIMITS)
    def test_a_limit_holds_to_the_byte_however_the_body_is_cut(self, limits, within, beyond):
        for pieces in ([within], single_bytes(within)):
            _, rest = read(ChunkedReader(limits), pieces)
            assert rest == b""
        for pieces in ([beyond], single_bytes(beyond)):
            with pytest.raises(TransportFailure) as raised:
                read(ChunkedReader(limits), pieces)
            assert raised.value.kind == "protocol"

    def test_overhead_is_forgotten_where_data_makes_up_for_it(self):
        body = chunk(b"h" * 40, b";" + b"e" * 50) * 1000
        assert read(ChunkedReader(ResponseLimits(chunk_overhead=10)), [body])[1] is None

    @pytest.mark.parametrize("start", [b"1" * 20, b"1;" + b"e" * 20, b"0\r\n" + b"A" * 30])
    def test_a_line_without_end_is_held_no_longer_than_its_limit(self, start):
        reader = ChunkedReader(ResponseLimits(chunk_line=16, trailers=16))
        with pytest.raises(TransportFailure, match="line or trailers of more than"):
            read(reader, single_bytes(start))

    def test_no_byte_is_looked_at_again(self):
        """What is held between two pieces is one line at most, and grows by what came."""
        reader = ChunkedReader(ResponseLimits(chunk_line=100_000))
        content: deque[bytes] = deque()
        for piece in single_bytes(b"1;" + b"e" * 10_000):
            reader.feed(piece, content)
        assert len(reader._line) == 10_002

    def test_the_bound_for_the_body_can_be_lifted(self):
        data = b"f" * 16 + b"\r\nabc"
        assert read(ChunkedReader(ResponseLimits(body=None)), [data]) == (b"abc", None)


class TestWholeChunks:
    def test_a_plain_body_that_is_all_there(self):
        for body, data in [
            (b"", b"0\r\n\r\n"),
            (b"hi\r\n", chunk(b"hi") + chunk(b"\r\n") + b"0\r\n\r\n"),
            (b"x" * 300, b"0" * 11 + chunk(b"x" * 300) + b"0\r\n\r\n"),
        ]:
            assert read_whole_chunks(b"head" + data, 4, DEFAULT_LIMITS) == body
            assert read_whole_chunks(data, 0, ResponseLimits(body=len(body))) == body
            assert read_whole_chunks(data, 0, ResponseLimits(body=None)) == body

    @pytest.mark.parametrize(
        "data",
        [
            b"", b"0\r\n", chunk(b"hi"), chunk(b"hi")[:-1] + b"0\r\n\r\n", chunk(b"hi") + b"0\r\n\r\nx", b"0\r\nA: b\r\n\r\n",
            b"00\r\n\r\n", chunk(b"hi", b";" + b"e" * 14) + b"0\r\n\r\n", b"1\r\nab0\r\n\r\n", b"x\r\n",
        ],
    )  # fmt: skip
    def test_everything_else_is_left_to_the_reader(self, data):
        assert read_whole_chunks(data, 0, DEFAULT_LIMITS) is None

    def test_a_body_beyond_its_bound_is_left_to_the_reader_to_refuse(self):
        assert read_whole_chunks(chunk(b"hi") + b"0\r\n\r\n", 0, ResponseLimits(body=1)) is None


class TestWhereOneConditionDecides:
    LIMITS = ResponseLimits(chunk_line=20, trailers=10)

    @pytest.mark.parametrize("length", [20, 25])
    def test_a_line_that_cannot_end_within_its_limit_is_refused_before_it_ends(self, length):
        with pytest.raises(TransportFailure, match="more than 20 bytes"):
            read(ChunkedReader(self.LIMITS), [b"1;" + b"x" * (length - 2)])
        assert read(ChunkedReader(self.LIMITS), [b"1;" + b"x" * 17]) == (b"", None)

    def test_trailers_that_cannot_end_within_their_limit_are_refused_before_they_end(self):
        assert read(ChunkedReader(self.LIMITS), [b"0\r\na:" + b"x" * 9]) == (b"", None)
        with pytest.raises(TransportFailure, match="trailers of more than 10 bytes"):
            read(ChunkedReader(self.LIMITS), [b"0\r\na:" + b"x" * 10])

    def test_the_first_trailer_continues_nothing(self):
        with pytest.raises(TransportFailure, match="trailer field is malformed"):
            read(ChunkedReader(DEFAULT_LIMITS), [b"0\r\n folded\r\n\r\n"])

    @pytest.mark.parametrize(
        "data",
        [
            b"00\r\n\r\n0\r\n\r\n",  # ends before its last five bytes
            b"1\r\naXX0\r\n\r\n",
            b"1" + b" " * 14 + b"\r\na\r\n0\r\n\r\n",
        ],
    )
    def test_what_is_not_plainly_whole_is_left_to_the_reader(self, data):
        assert read_whole_chunks(data, 0, DEFAULT_LIMITS) is None
        plain = b"1" + b" " * 13 + b"\r\na\r\n0\r\n\r\n"
        assert read_whole_chunks(plain, 0, DEFAULT_LIMITS) == b"a"
