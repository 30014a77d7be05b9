"""The cases that are not run here, and why."""

from __future__ import annotations

REASONS: dict[int, str] = {
    # The channel's connection, not a transport's.
    56: "a transport asks for no upgrade; frames that come with the 101 are the notification "
    "channel's: tests/core/websocket and tests/adapters/notifications",
    # What a client does above its transport.
    105: "a transport is given pieces; the file they come from is the client's: "
    "tests/adapters/client/test_transfers.py",
    106: "progress is counted by the client: tests/adapters/client/test_transfers.py",
    250: "a resumed download is the client's: tests/core/calls and tests/adapters/client",
    251: "a resumed download is the client's: tests/core/calls and tests/adapters/client",
    252: "a resumed download is the client's: tests/core/calls and tests/adapters/client",
    253: "a resumed download is the client's: tests/core/calls and tests/adapters/client",
    254: "a resumed download is the client's: tests/core/calls and tests/adapters/client",
    255: "a resumed download is the client's: tests/core/calls and tests/adapters/client",
    256: "files are the client's: tests/adapters/client/test_transfers.py",
    259: "a transport follows no redirect (257); the client's download does: tests/core/calls",
    260: "a transport follows no redirect (257); the client's download does: tests/core/calls",
    # Not offered.
    161: "Unix sockets are not offered: the platform has none",
    169: "a server name other than the URL's host is not offered",
    208: "one transport has one proxy for each scheme; two transports share no pool",
    # Not to be brought about from outside.
    160: "the system has to pick one certain port of 28,000: tests/core/transport has the rule",
    164: "whether the reset or the write comes first cannot be arranged over a socket; `sent` after "
    "a write of no byte is tested with the exchange: tests/core/transport",
    # Inside the pool, where the machine's own tests look.
    221: "which of two comes first is the pool's: tests/core/transport, exhaustively",
    225: "a cost: tests/core/transport and the benchmarks",
    226: "entries of the pool do not show outside: tests/core/transport",
    230: "nobody outside releases a connection: tests/core/transport",
}
