"""What the frames of a channel mean to its machine.

Law: every frame that is not the machine's own business is handed out, and those that are change
nothing but what they are about. Any frame at all is a sign of life.

The machine's own: ``channel.metadata`` (heartbeats and pongs), ``v2.system.*`` (also handed out),
and replies to subscriptions made over the socket, which have a ``result`` and no topic.
"""

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from genesys_core.clock import Now
from genesys_core.notifications.channel.connection import Changing, Open, Retiring
from genesys_core.notifications.channel.events import (
    Arrived,
    Emit,
    Heartbeat,
    SubscriptionLost,
    UnknownEvent,
    at,
)
from genesys_core.notifications.channel.transition import Role, Turn
from genesys_core.notifications.messages import Envelope, open_envelope
from genesys_core.notifications.subscriptions import is_automatic

__all__ = ["receive"]

_Body = TypeVar("_Body")


class _Live(NamedTuple):
    role: Role
    leg: Open


_Source: TypeAlias = _Live | Retiring
"""Where a frame came from."""


class _MetadataBody(Struct):
    message: str = ""


class _SystemBody(Struct, rename="camel"):
    channel_id: str | None = None


_METADATA_BODY: Final = msgspec.json.Decoder(_MetadataBody)
_SYSTEM_BODY: Final = msgspec.json.Decoder(_SystemBody)
_METADATA: Final = "channel.metadata"
_SYSTEM: Final = "v2.system."


def receive(turn: Turn, socket: int, texts: Iterable[str], read_at: Now) -> None:
    """Take texts that a socket carried, in their order; those of a socket long left are ignored."""
    source: _Source | None = None
    for text in texts:
        source = source or _source(turn, socket)
        if source is None:
            return
        envelope = open_envelope(text)
        if envelope is None or envelope.topic_name is None or is_automatic(envelope.topic_name):
            _own(turn, source, envelope, text)
            source = None  # which may have changed; by an event it does not
        elif turn.echo is None or _fresh(turn, source, text):
            turn.effects.append(Emit(Arrived(envelope, text)))
    for role, leg in tuple(turn.legs.items()):
        if isinstance(leg, Open) and leg.socket == socket:
            turn.legs[role] = replace(leg, heard=read_at, pinged=None)


def _source(turn: Turn, socket: int) -> _Source | None:
    for role, leg in turn.legs.items():
        if isinstance(leg, Open) and leg.socket == socket:
            return _Live(role, leg)
    retiring = turn.retiring
    return retiring if retiring is not None and retiring.socket == socket else None


def _own(turn: Turn, source: _Source, envelope: Envelope | None, text: str) -> None:
    """Take a text that may be the machine's own business: any but an event of a topic asked for."""
    if envelope is None:
        if _fresh(turn, source, text):
            turn.emit(UnknownEvent(text))
    elif envelope.topic_name is None:
        _reply(turn, source, envelope, text)
    elif (topic := envelope.topic_name.lower()) == _METADATA:
        _metadata(turn, source, envelope, text)
    else:
        _system(turn, source, topic, envelope, text)


def _fresh(turn: Turn, source: _Source, text: str) -> bool:
    socket = source.socket if isinstance(source, Retiring) else source.leg.socket
    echo = turn.echo
    if echo is None or socket not in {echo.old, echo.new}:
        return True
    turn.echo, fresh = echo.arrived(socket, text)
    return fresh


def _metadata(turn: Turn, source: _Source, envelope: Envelope, text: str) -> None:
    message = _read(_METADATA_BODY, envelope.event_body).message
    if _is_primary(source):
        turn.emit(Heartbeat(message, text))
    if message.lower() == "pong":
        _pong(turn, source)


def _is_primary(source: _Source) -> bool:
    return isinstance(source, _Live) and source.role == "primary"


def _pong(turn: Turn, source: _Source) -> None:
    if isinstance(source, Retiring):
        turn.retiring = replace(source, pongs_due=max(0, source.pongs_due - 1))
        return
    leg = turn.legs[source.role] = source.leg.answered(now=turn.now)
    if leg.backlog is not None and not leg.pongs_due:
        turn.ping(source.role, leg)


def _read(decoder: "msgspec.json.Decoder[_Body]", body: Raw) -> _Body:
    """A body as far as it is understood: one that is not counts as one that says nothing."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return decoder.decode(b"{}")


def _system(turn: Turn, source: _Source, topic: str, envelope: Envelope, text: str) -> None:
    if _is_primary(source):
        turn.emit(Arrived(envelope, text))
    match topic.removeprefix(_SYSTEM).partition(".")[0]:
        case "socket_closing" | "token_revoked" as reason:
            _closing(turn, source, reason)
        case "no_longer_subscribed":
            by = _read(_SYSTEM_BODY, envelope.event_body).channel_id
            if by is None or by != _next_channel(turn, source):
                _displaced(turn, source, text)
        case _:
            pass


def _closing(
    turn: Turn, source: _Source, reason: Literal["socket_closing", "token_revoked"]
) -> None:
    match source:
        case _Live(role="primary"):
            turn.move(reason)
        case _Live(leg=leg):  # moved again once it is the primary
            turn.legs["successor"] = replace(leg, leaving=True)
        case Retiring():
            pass


def _next_channel(turn: Turn, source: _Source) -> str | None:
    """The channel of this machine's own that topics of the source go to in a planned move."""
    leg = turn.legs.get("successor" if _is_primary(source) else "primary")
    return leg.known.id if isinstance(leg, Open) else None


def _displaced(turn: Turn, source: _Source, text: str) -> None:
    """Topics were taken away, as far as anybody can tell by another program."""
    match source:
        case Retiring():
            turn.doubt_retiring(source)
        case _Live(role="successor" as role, leg=leg):
            turn.doubtful(role, leg)
        case _Live(role=role, leg=leg):
            turn.emit(SubscriptionLost(text, at(turn.now)))
            successor = turn.legs.get("successor")
            if isinstance(successor, Open) and isinstance(successor.sync, Changing):
                turn.doubt(leg)  # the topics are on their way there; asking here would be too late
            else:
                turn.doubtful(role, leg)


def _reply(turn: Turn, source: _Source, envelope: Envelope, text: str) -> None:
    """A reply to a subscription that somebody made over the socket."""
    if isinstance(source, Retiring) or str(envelope.result) == "200":
        return
    turn.emit(UnknownEvent(text))
    if str(envelope.result) == "404":
        turn.gone(source.role, source.leg)
    else:
        turn.doubtful(source.role, source.leg)
