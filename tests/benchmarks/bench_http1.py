"""What HTTP/1.1 costs as bytes: the request's bytes and the response read, no socket, no decoding.

Run: ``python -m tests.benchmarks.bench_http1``. Each case makes whole exchanges on one connection;
the response comes in one read, the large ones also in reads of 4 KiB. `h11` is driven by hand, and so
is `httptools` (llhttp) where it is installed, for whom the request is one formatted string. Processor
time, rounds in turn; the ratio is the median of the rounds' own.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from importlib.util import find_spec

import h11
import msgspec

from genesys_core.http.headers import Headers
from genesys_core.http.http1 import HTTP1Connection
from genesys_core.http.messages import Request
from tests.benchmarks.measure import compare, ratio

REQUEST = Request(
    "GET",
    "https://api.mypurecloud.ie/api/v2/users/me?expand=presence",
    Headers(
        {
            "Accept": "application/json",
            "Authorization": "Bearer " + "x" * 86,
            "User-Agent": "genesys-cloud/0.1.0",
        }
    ),
)

FIELDS = (
    b"Content-Type: application/json\r\n"
    b"Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n"
    b"ININ-Correlation-Id: 0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f\r\n"
    b"Strict-Transport-Security: max-age=600; includeSubDomains\r\n"
    b"Cache-Control: no-cache, no-store, must-revalidate\r\n"
    b"Connection: keep-alive\r\n"
)


def document(size: int) -> bytes:
    """A JSON document of about that many bytes, as compressible as the platform's are."""
    chance = random.Random(0)
    entities: list[dict[str, object]] = []
    while len(data := msgspec.json.encode({"entities": entities})) < size:
        entities.append({"id": f"{chance.getrandbits(128):032x}", "name": f"User {len(entities)}"})
    return data


SMALL, LARGE = document(338)[:338], document(19_000)
PACKED = gzip.compress(LARGE, mtime=0)


def response(framing: bytes, body: bytes, fields: bytes = FIELDS) -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + fields + framing + b"\r\n" + body


def chunked(body: bytes, size: int) -> bytes:
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def length(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n" % len(body)


CHUNKED = b"Transfer-Encoding: chunked\r\n"
GZIP = b"Content-Encoding: gzip\r\n"

RESPONSES = {
    "338 B, two fields": [response(length(SMALL), SMALL, b"Content-Type: application/json\r\n")],
    "338 B": [response(length(SMALL), SMALL)],
    "338 B, chunked": [response(CHUNKED, chunked(SMALL, 4096))],
    "19 KB": [response(length(LARGE), LARGE)],
    "19 KB, chunked": [response(CHUNKED, chunked(LARGE, 4096))],
    "19 KB, gzip": [response(GZIP + length(PACKED), PACKED)],
    "19 KB, gzip, chunked": [response(GZIP + CHUNKED, chunked(PACKED, 4096))],
}
RESPONSES["19 KB, in reads of 4 KiB"] = [
    RESPONSES["19 KB"][0][start : start + 4096]
    for start in range(0, len(RESPONSES["19 KB"][0]), 4096)
]
RESPONSES["19 KB, chunked, in reads of 4 KiB"] = [
    RESPONSES["19 KB, chunked"][0][start : start + 4096]
    for start in range(0, len(RESPONSES["19 KB, chunked"][0]), 4096)
]


def with_the_core(pieces: list[bytes]) -> Callable[[], bytes]:
    connection = HTTP1Connection()

    def exchange() -> bytes:
        connection.send(REQUEST)
        for piece in pieces:
            answer = connection.receive_data(piece)
        return answer.body

    return exchange


def with_h11(pieces: list[bytes]) -> Callable[[], bytes]:
    connection = h11.Connection(h11.CLIENT)
    fields = [(name.encode(), value.encode()) for name, value in REQUEST.headers.raw]
    fields = [("Host", "api.mypurecloud.ie"), *fields, ("Accept-Encoding", "gzip")]

    def exchange() -> bytes:
        connection.send(h11.Request(method="GET", target="/api/v2/users/me", headers=fields))
        connection.send(h11.EndOfMessage())
        body = []
        for piece in pieces:
            connection.receive_data(piece)
            while (event := connection.next_event()) is not h11.NEED_DATA:
                if isinstance(event, h11.Response):
                    packed = any(name == b"content-encoding" for name, _ in event.headers)
                elif isinstance(event, h11.Data):
                    body.append(event.data)
                else:
                    connection.start_next_cycle()
                    break
        content = b"".join(body)
        return gzip.decompress(content) if packed else content

    return exchange


def with_httptools(pieces: list[bytes]) -> Callable[[], bytes]:
    import httptools

    class Reader:
        def __init__(self) -> None:
            self.fields: list[tuple[str, str]] = []
            self.body: list[bytes] = []

        def on_header(self, name: bytes, value: bytes) -> None:
            self.fields.append((name.decode("latin-1"), value.decode("latin-1")))

        def on_body(self, data: bytes) -> None:
            self.body.append(data)

    def exchange() -> bytes:
        lines = "".join([f"{name}: {value}\r\n" for name, value in REQUEST.headers.raw])
        f"GET /api/v2/users/me HTTP/1.1\r\nHost: api.mypurecloud.ie\r\n{lines}\r\n".encode()
        reader = Reader()
        parser = httptools.HttpResponseParser(reader)
        for piece in pieces:
            parser.feed_data(piece)
        content = b"".join(reader.body)
        packed = any(name.lower() == "content-encoding" for name, _ in reader.fields)
        return gzip.decompress(content) if packed else content

    return exchange


def main() -> None:
    peers = {"genesys_core": with_the_core, "h11": with_h11}
    if find_spec("httptools"):
        peers["httptools"] = with_httptools
    print(f"{'':36}" + "".join(f"{name:>16}" for name in peers) + f"{'to h11':>10}")
    for title, pieces in RESPONSES.items():
        cases = {name: make(pieces) for name, make in peers.items()}
        wanted = SMALL if title.startswith("338") else LARGE
        assert all(case() == wanted for case in cases.values()), title
        spent = compare(cases, 100, 30)
        best = "".join(f"{min(spent[name]) * 1e6:13.1f} µs" for name in peers)
        print(f"{title:36}{best}{1 / ratio(spent, 'genesys_core', 'h11'):10.1f}")


if __name__ == "__main__":
    main()
