"""Notification channels and their topics.

Invariants: all types are immutable. A deleted or expired channel cannot be accessed, but stays in
the state until its socket has been notified.
"""

from collections.abc import Mapping
from typing import ClassVar, Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from genesys_core.confidential import Confidential
from genesys_core.simulator.state.credentials import IssuedToken
from genesys_core.simulator.state.examples import Json

__all__ = [
    "MAX_CHANNELS",
    "MAX_TOPICS",
    "Channel",
    "ChannelTopic",
    "Death",
    "Notice",
    "death_of",
    "is_heard",
]

MAX_CHANNELS: Final = 20
"""The maximum number of channels per user and client; a further channel replaces the least recently
used, channels without a WebSocket first."""

MAX_TOPICS: Final = 1_000
"""The maximum number of topics of a channel; a combined topic counts as one topic."""


class ChannelTopic(Struct, frozen=True):
    """A topic to which a channel is subscribed.

    Attributes:
        written: the topic as spelled by the subscriber.
        names: the single topics whose events are delivered, in lower case; several for a combined
            topic.
    """

    written: str
    names: tuple[str, ...]


class Channel(Confidential, frozen=True):
    """A notification channel.

    Attributes:
        id: the channel's id; hidden in the repr, because it suffices to connect to the channel.
        client_id: the id of the OAuth client that created the channel.
        user_id: the id of the user whose token created the channel, if any.
        token: the access token of the last subscription request; the channel ends when the token
            expires.
        uri: the URI of the channel's WebSocket, which contains the channel's id.
        expires: when the channel expires, in seconds since 1970-01-01 UTC.
        used: the channel's position in the order of last use; higher numbers are more recent.
        topics: the channel's topics, by lower-case name.
        names: the names of all single topics whose events the channel receives, in lower case.
        is_connected: whether the channel has an open socket.
        displaced_by: the id of the channel that replaced this channel, if any.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"id", "token", "uri"})

    id: str
    client_id: str
    user_id: str | None
    token: str
    uri: str
    expires: float
    used: int
    topics: Mapping[str, ChannelTopic] = {}
    names: frozenset[str] = frozenset()
    is_connected: bool = False
    displaced_by: str | None = None

    @property
    def owner(self) -> tuple[str, str | None]:
        """The channel's owner: the ids of the OAuth client and the user."""
        return self.client_id, self.user_id

    def with_topics(self, topics: Mapping[str, ChannelTopic]) -> "Channel":
        """Return a copy of the channel that is subscribed to exactly these topics."""
        names = frozenset(name for topic in topics.values() for name in topic.names)
        return replace(self, topics=topics, names=names)


class Notice(Struct, frozen=True):
    """An event that is waiting to be delivered.

    Attributes:
        topic: the topic, such as ``v2.users.{id}.presence``, with the id filled in.
        body: the body of the event.
        to: the id of the only channel to receive the event, subscribed or not; ``None`` for all
            subscribed channels.
    """

    topic: str
    body: Json
    to: str | None = None


def is_heard(channels: Mapping[str, Channel], topic: str) -> bool:
    """Return whether any channel is subscribed to a topic."""
    name = topic.lower()
    return any(name in each.names for each in channels.values())


Death: TypeAlias = Literal["displaced", "token_revoked", "token_expired", "expired"]
"""The cause of a channel's end."""


def death_of(channel: Channel, tokens: Mapping[str, IssuedToken], wall: float) -> Death | None:
    """Return why a channel has ended; ``None`` if the channel is active.

    Args:
        channel: the channel.
        tokens: the valid and expired access tokens by value; revoked tokens are missing.
        wall: the current time, in seconds since 1970-01-01 UTC.
    """
    token = tokens.get(channel.token)
    if channel.displaced_by is not None:
        return "displaced"
    if token is None:
        return "token_revoked"
    if wall >= token.expires:
        return "token_expired"
    return "expired" if wall >= channel.expires else None
