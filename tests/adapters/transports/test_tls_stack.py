"""Layers of TLS in memory: nothing is lost between them, and no cut counts as an end."""

from __future__ import annotations

import contextlib
import ssl

import pytest
import trustme

from genesys_cloud.transports.connection_settings import TlsSessions
from genesys_cloud.transports.tls_bytes import TlsBytes
from genesys_cloud.transports.tls_stack import TlsStack

CA = trustme.CA()


class Peer:
    """The server's side of one layer of TLS."""

    def __init__(self, name: str, outer: Peer | None = None) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        CA.issue_cert(name).configure_cert(context)
        self.name, self.outer = name, outer
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._in, self._out, server_side=True)

    def feed(self, data: bytes) -> None:
        if self.outer is not None:
            self.outer.feed(data)
            data = self.outer.read()
        self._in.write(data)

    def take(self) -> bytes:
        data = self._out.read()
        if self.outer is not None and data:
            self.outer.tls.write(data)
        return data if self.outer is None else self.outer.take()

    def read(self) -> bytes:
        content = b""
        while True:
            try:
                piece = self.tls.read(1 << 16)
            except ssl.SSLWantReadError:
                return content
            if not piece:
                return content
            content += piece

    def say(self, content: bytes) -> bytes:
        self.tls.write(content)
        return self.take()

    def say_end(self) -> bytes:
        with pytest.raises(ssl.SSLWantReadError):
            self.tls.unwrap()
        return self.take()


def client_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    CA.configure_trust(context)
    return context


def add_layer(stack: TlsStack, peer: Peer) -> None:
    layer = TlsBytes(client_context(), peer.name)
    done = False
    while not done:
        done = layer.shake_hands()
        peer.feed(bytes(stack.encrypt(layer.take())))
        with contextlib.suppress(ssl.SSLWantReadError):
            peer.tls.do_handshake()
        sent = stack.decrypt(peer.take())
        if sent:
            layer.feed(sent)
    stack.push(layer, peer.name)


def stack_of(depth: int) -> tuple[TlsStack, Peer]:
    stack, peer = TlsStack(), None
    for number in range(depth):
        peer = Peer(f"host{number}.example", peer)
        add_layer(stack, peer)
    assert peer is not None
    return stack, peer


depths = pytest.mark.parametrize("depth", [1, 2])


@depths
def test_content_passes_through_every_layer_both_ways(depth: int) -> None:
    stack, peer = stack_of(depth)
    content = bytes(range(256)) * 1000
    peer.feed(bytes(stack.encrypt(content)))
    assert peer.read() == content
    assert stack.decrypt(peer.say(content)) == content
    assert not stack.ended


@depths
def test_it_does_not_matter_how_the_bytes_were_cut(depth: int) -> None:
    stack, peer = stack_of(depth)
    data = peer.say(b"one") + peer.say(b"two")
    got = b"".join(stack.decrypt(data[at : at + 1]) for at in range(len(data)))
    assert got == b"onetwo"


@depths
def test_tickets_are_no_content(depth: int) -> None:
    stack, _ = stack_of(depth)
    # The servers' tickets came with the end of their handshakes.
    assert not stack.has_content()


@depths
def test_content_that_nobody_asked_for_is_seen(depth: int) -> None:
    stack, peer = stack_of(depth)
    assert stack.decrypt(peer.say(b"surplus")) == b"surplus"
    for layer in stack.layers[:-1]:
        assert not layer.has_content()


@depths
def test_an_end_that_is_announced_comes_after_the_content(depth: int) -> None:
    stack, peer = stack_of(depth)
    assert stack.decrypt(peer.say(b"last") + peer.say_end()) == b"last"
    assert stack.ended
    assert stack.error is None
    assert stack.has_content()


@depths
def test_an_end_that_is_not_announced_is_an_error_after_the_content(depth: int) -> None:
    stack, peer = stack_of(depth)
    assert stack.decrypt(peer.say(b"half")) == b"half"
    assert stack.decrypt(b"") == b""
    assert stack.ended
    assert isinstance(stack.error, ssl.SSLEOFError)


def test_the_end_of_the_outer_layer_ends_the_inner_one_without_its_word() -> None:
    stack, peer = stack_of(2)
    assert peer.outer is not None
    assert stack.decrypt(peer.outer.say_end()) == b""
    assert stack.ended
    assert isinstance(stack.error, ssl.SSLEOFError)


@depths
def test_bytes_that_are_no_tls_are_an_error(depth: int) -> None:
    stack, _ = stack_of(depth)
    assert stack.decrypt(b"HTTP/1.1 200 OK\r\n\r\n") == b""
    assert stack.ended
    assert isinstance(stack.error, ssl.SSLError)


def test_without_a_layer_bytes_pass_as_they_are() -> None:
    stack = TlsStack()
    assert stack.encrypt(b"x") == stack.decrypt(b"x") == b"x"
    assert not stack.has_content()
    assert stack.decrypt(b"") == b""
    assert stack.ended


def test_sessions_are_kept_once_and_under_their_own_keys() -> None:
    stack, peer = stack_of(2)
    stack.decrypt(peer.say(b"x"))
    sessions = TlsSessions()
    stack.keep_sessions(sessions)
    kept = [sessions.find(f"host{number}.example") for number in range(2)]
    assert all(kept)
    assert kept[0].id != kept[1].id
    others = TlsSessions()
    stack.keep_sessions(others)
    assert others.find("host0.example") is None


class CountedReads:
    """The TLS of a layer, whose reads are counted."""

    def __init__(self, tls: ssl.SSLObject) -> None:
        self._tls, self.reads = tls, 0

    def read(self, size: int) -> bytes:
        self.reads += 1
        return self._tls.read(size)

    def pending(self) -> int:
        return self._tls.pending()


def test_openssl_is_asked_only_for_what_has_arrived():
    """The error that it raises otherwise takes longer than reading a small record."""
    stack, peer = stack_of(1)
    stack.layers[0]._tls = counted = CountedReads(stack.layers[0]._tls)
    assert stack.decrypt(peer.say(b"one")) == b"one"
    assert counted.reads == 1
    assert not stack.has_content()
    assert counted.reads == 1
    assert stack.decrypt(peer.say(b"two") + peer.say(b"three")) == b"twothree"
    assert counted.reads == 3
