"""Notification channels and their topics.

Invariants: all types are immutable. A deleted or expired channel stays in the state until its
socket has been notified, and is inaccessible until then.
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
"""The maximum number of channels per user and client; a further one replaces the least recently
used."""

MAX_TOPICS: Final = 1_000
"""The maximum number of topics on a channel; a combined topic counts as one."""


class ChannelTopic(Struct, frozen=True):
    """A topic to which a channel is subscribed.

    Attributes:
        written: the topic as spelled by the subscriber.
        names: the topics that its events have, in lower case; several for a combined topic.
    """

    written: str
    names: tuple[str, ...]


class Channel(Confidential, frozen=True):
    """A channel.

    Attributes:
        id: hidden in the repr, because it is sufficient to connect to the channel.
        client_id: the OAuth client that created it.
        user_id: the user whose token created it, if any.
        token: the access token of the last subscription; the channel ends when the token expires.
        uri: the address of its socket; contains the id.
        expires: seconds since 1970-01-01 UTC.
        used: when it was last used, relative to other channels; a higher number is later.
        topics: its topics, by lower-case name.
        names: all names of its topics.
        is_connected: whether it has a socket.
        displaced_by: the channel that replaced it.
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
        """The channel's owner: client and user."""
        return self.client_id, self.user_id

    def with_topics(self, topics: Mapping[str, ChannelTopic]) -> "Channel":
        """Return the channel with exactly these topics."""
        names = frozenset(name for topic in topics.values() for name in topic.names)
        return replace(self, topics=topics, names=names)


class Notice(Struct, frozen=True):
    """An event to deliver.

    Attributes:
        topic: the topic, such as ``v2.users.{id}.presence``, with an id.
        body: the event's body.
        to: the only recipient, subscribed or not; ``None`` for all subscribed channels.
    """

    topic: str
    body: Json
    to: str | None = None


def is_heard(channels: Mapping[str, Channel], topic: str) -> bool:
    """Return whether one of the channels is subscribed to a topic."""
    name = topic.lower()
    return any(name in each.names for each in channels.values())


Death: TypeAlias = Literal["displaced", "token_revoked", "token_expired", "expired"]
"""Why a channel ended."""


def death_of(channel: Channel, tokens: Mapping[str, IssuedToken], wall: float) -> Death | None:
    """Return why a channel ended; ``None`` if it is active."""
    token = tokens.get(channel.token)
    if channel.displaced_by is not None:
        return "displaced"
    if token is None:
        return "token_revoked"
    if wall >= token.expires:
        return "token_expired"
    return "expired" if wall >= channel.expires else None
