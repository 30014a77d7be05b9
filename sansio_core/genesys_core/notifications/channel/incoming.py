"""Interpretation of the messages that a channel receives.

Invariants: every message that is neither internal nor a duplicate is delivered, and an internal
message changes only the state that it concerns. Any message proves that the connection is alive.

Internal messages: ``channel.metadata`` (heartbeats and pongs), ``v2.system.*``, and responses to
subscriptions made over the socket (they have a ``result`` and no topic). The first two are delivered
as well, if they arrive on the primary connection.
"""

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from genesys_core.clock import Now
from genesys_core.notifications.channel.connection import Draining, Listening, Syncing
from genesys_core.notifications.channel.events import (
    Arrived,
    Emit,
    Heartbeat,
    SubscriptionLost,
    UnknownEvent,
    datetime_of,
)
from genesys_core.notifications.channel.move import announce_move, suspect_gap_while_draining
from genesys_core.notifications.channel.transition import Role, Transition
from genesys_core.notifications.messages import Envelope, open_envelope
from genesys_core.notifications.subscriptions import is_automatic

__all__ = ["receive_texts"]

_Body = TypeVar("_Body")


class _Live(NamedTuple):
    role: Role
    connection: Listening


_Source: TypeAlias = _Live | Draining
"""The connection on which a message was received."""


class _MetadataBody(Struct):
    message: str = ""


class _SystemBody(Struct, rename="camel"):
    channel_id: str | None = None


_METADATA_BODY: Final = msgspec.json.Decoder(_MetadataBody)
_SYSTEM_BODY: Final = msgspec.json.Decoder(_SystemBody)
_METADATA: Final = "channel.metadata"
_SYSTEM: Final = "v2.system."


def receive_texts(transition: Transition, socket: int, texts: Iterable[str], read_at: Now) -> None:
    """Process messages from a socket, in order; ignore them if the socket is no longer in use."""
    source: _Source | None = None
    for text in texts:
        source = source or _source(transition, socket)
        if source is None:
            return
        envelope = open_envelope(text)
        if envelope is None or envelope.topic_name is None or is_automatic(envelope.topic_name):
            _own(transition, source, envelope, text)
            source = None  # may have changed, except by an event
        elif transition.duplicates is None or _fresh(transition, source, text):
            transition.effects.append(Emit(Arrived(envelope, text)))
    # Looked up again, because the messages may have changed the connections.
    for role, connection in tuple(transition.connections.items()):
        if isinstance(connection, Listening) and connection.socket == socket:
            transition.connections[role] = replace(connection, heard=read_at, pinged=None)


def _source(transition: Transition, socket: int) -> _Source | None:
    for role, connection in transition.connections.items():
        if isinstance(connection, Listening) and connection.socket == socket:
            return _Live(role, connection)
    retiring = transition.draining
    return retiring if retiring is not None and retiring.socket == socket else None


def _own(transition: Transition, source: _Source, envelope: Envelope | None, text: str) -> None:
    """Process a message that is not an event on a requested topic, and so may be internal."""
    if envelope is None:
        if _fresh(transition, source, text):
            transition.emit(UnknownEvent(text))
    elif envelope.topic_name is None:
        _reply(transition, source, envelope, text)
    elif (topic := envelope.topic_name.lower()) == _METADATA:
        _metadata(transition, source, envelope, text)
    else:
        _system(transition, source, topic, envelope, text)


def _fresh(transition: Transition, source: _Source, text: str) -> bool:
    socket = source.socket if isinstance(source, Draining) else source.connection.socket
    duplicates = transition.duplicates
    if duplicates is None or socket not in {duplicates.old, duplicates.new}:
        return True
    transition.duplicates, fresh = duplicates.count_message(socket, text)
    return fresh


def _metadata(transition: Transition, source: _Source, envelope: Envelope, text: str) -> None:
    message = _read(_METADATA_BODY, envelope.event_body).message
    if _is_primary(source):
        transition.emit(Heartbeat(message, text))
    if message.lower() == "pong":
        _pong(transition, source)


def _is_primary(source: _Source) -> bool:
    return isinstance(source, _Live) and source.role == "primary"


def _pong(transition: Transition, source: _Source) -> None:
    if isinstance(source, Draining):
        transition.draining = replace(source, pongs_due=max(0, source.pongs_due - 1))
        return
    connection = transition.connections[source.role] = source.connection.answered(
        now=transition.now
    )
    if connection.backlog is not None and not connection.pongs_due:
        transition.ping(source.role, connection)


def _read(decoder: "msgspec.json.Decoder[_Body]", body: Raw) -> _Body:
    """Decode a body leniently: treat a malformed body as an empty object."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return decoder.decode(b"{}")


def _system(
    transition: Transition, source: _Source, topic: str, envelope: Envelope, text: str
) -> None:
    if _is_primary(source):
        transition.emit(Arrived(envelope, text))
    match topic.removeprefix(_SYSTEM).partition(".")[0]:
        case "socket_closing" | "token_revoked" as reason:
            _closing(transition, source, reason)
        case "no_longer_subscribed":
            # The platform sends this in our own planned move too, when the next channel subscribes.
            by = _read(_SYSTEM_BODY, envelope.event_body).channel_id
            if by is None or by != _next_channel(transition, source):
                _displaced(transition, source, text)
        case _:
            pass


def _closing(
    transition: Transition, source: _Source, reason: Literal["socket_closing", "token_revoked"]
) -> None:
    match source:
        case _Live(role="primary"):
            announce_move(transition, reason)
        case _Live(connection=connection):  # moved again once it is the primary
            transition.connections["successor"] = replace(connection, leaving=True)
        case Draining():
            pass


def _next_channel(transition: Transition, source: _Source) -> str | None:
    """Return the id of the channel to which the source's topics may move in a planned move.

    ``None`` if there is no such channel, or it is not connected.
    """
    connection = transition.connections.get("successor" if _is_primary(source) else "primary")
    return connection.channel.id if isinstance(connection, Listening) else None


def _displaced(transition: Transition, source: _Source, text: str) -> None:
    """Handle the removal of topics, apparently by another program."""
    match source:
        case Draining():
            suspect_gap_while_draining(transition, source)
        case _Live(role="successor" as role, connection=connection):
            transition.resubscribe(role, connection)
        case _Live(role=role, connection=connection):
            transition.emit(SubscriptionLost(text, datetime_of(transition.now)))
            successor = transition.connections.get("successor")
            if isinstance(successor, Listening) and isinstance(successor.sync, Syncing):
                # The topics are moving there; requesting them here would take them away again.
                transition.suspect_gap(connection)
            else:
                transition.resubscribe(role, connection)


def _reply(transition: Transition, source: _Source, envelope: Envelope, text: str) -> None:
    """Process a response to a subscription made over the socket."""
    if isinstance(source, Draining) or str(envelope.result) == "200":
        return
    transition.emit(UnknownEvent(text))
    if str(envelope.result) == "404":
        transition.channel_gone(source.role, source.connection)
    else:
        transition.resubscribe(source.role, source.connection)
