"""What the simulator knows of a channel.

Law: these are values. A channel that is not alive any more stays in the state until its socket has
been told, and answers nothing in the meantime.
"""

from collections.abc import Mapping
from typing import ClassVar, Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from genesys_core.confidential import Confidential
from genesys_core.simulator.state.credentials import IssuedToken
from genesys_core.simulator.state.examples import Json

__all__ = ["MAX_CHANNELS", "MAX_TOPICS", "Channel", "ChannelTopic", "Death", "Notice", "death_of"]

MAX_CHANNELS: Final = 20
"""Channels of one user and client; another one displaces the one used least recently."""

MAX_TOPICS: Final = 1_000
"""Topics of one channel, a combined one counting as one."""


class ChannelTopic(Struct, frozen=True):
    """One place of a channel.

    Attributes:
        written: as the subscriber wrote it.
        names: in lower case, the names under which its events come; several for a combined topic.
    """

    written: str
    names: tuple[str, ...]


class Channel(Confidential, frozen=True):
    """A channel.

    Attributes:
        id: all that a stranger needs to read it, so it is not shown.
        client_id: the OAuth client that made it.
        user_id: the user whose token made it, if it was a user's.
        token: the access token that made it or subscribed last; it ends with that token.
        uri: where its socket is had; holds the id.
        expires: seconds since 1970-01-01 UTC.
        used: a number that grows with each use of any channel.
        topics: what it is subscribed to, by the topic in lower case.
        names: all names of its topics.
        is_connected: whether it has a socket.
        displaced_by: the channel for which it had to go.
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
        """To whom it belongs: client and user."""
        return self.client_id, self.user_id

    def with_topics(self, topics: Mapping[str, ChannelTopic]) -> "Channel":
        """The channel with these topics and no others."""
        names = frozenset(name for topic in topics.values() for name in topic.names)
        return replace(self, topics=topics, names=names)


class Notice(Struct, frozen=True):
    """An event on its way to those who subscribed.

    Attributes:
        topic: such as ``v2.users.{id}.presence``, with an id.
        body: the event's body.
        to: the one channel it is for, subscribed or not; ``None`` for all that are.
    """

    topic: str
    body: Json
    to: str | None = None


Death: TypeAlias = Literal["displaced", "token_revoked", "token_expired", "expired"]
"""Why a channel is gone."""


def death_of(channel: Channel, tokens: Mapping[str, IssuedToken], wall: float) -> Death | None:
    """Why a channel is gone; ``None`` for one that is alive."""
    token = tokens.get(channel.token)
    if channel.displaced_by is not None:
        return "displaced"
    if token is None:
        return "token_revoked"
    if wall >= token.expires:
        return "token_expired"
    return "expired" if wall >= channel.expires else None
