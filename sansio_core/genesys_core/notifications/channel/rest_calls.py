"""A channel's REST operations, and the interpretation of their responses.

Invariants: a response that lacks required content is treated like any other failure; nothing is
raised, except by a caller's ``Policy.rewrite``.
"""

from typing import TYPE_CHECKING

from msgspec import Struct

from genesys_core.api import notifications as api
from genesys_core.calls.operation import JsonObject, Operation
from genesys_core.clock import Now, assume_utc
from genesys_core.errors import DecodeError, GenesysCloudError
from genesys_core.notifications.channel.connection import PlatformChannel
from genesys_core.notifications.channel.events import SubscriptionRejected
from genesys_core.notifications.channel.policy import Policy

if TYPE_CHECKING:
    from genesys_core.models import ChannelTopic

__all__ = ["channel_from", "rejections_from", "subscription_call", "topics_from"]


def subscription_call(
    channel_id: str, before: frozenset[str] | None, wanted: frozenset[str]
) -> Operation[object]:
    """Return the operation that subscribes the channel to exactly the requested topics.

    Args:
        channel_id: the id of the channel.
        before: the topics that the server has; ``None`` if unknown.
        wanted: the requested topics.
    """
    if not wanted:
        return api.delete_notifications_channel_subscriptions(channel_id)
    # POST adds topics, PUT replaces all. Without ignore_errors, one bad topic would fail them all.
    if before is not None and before <= wanted:
        return api.post_notifications_channel_subscriptions(
            channel_id, _topics(wanted - before), ignore_errors=True
        )
    return api.put_notifications_channel_subscriptions(
        channel_id, _topics(wanted), ignore_errors=True
    )


def _topics(topics: frozenset[str]) -> list[JsonObject]:
    return [{"id": topic} for topic in sorted(topics)]


def channel_from(
    outcome: object, *, policy: Policy, now: Now
) -> PlatformChannel | GenesysCloudError:
    """Return the channel that a call has created; if the call failed, return its error."""
    from genesys_core.models import Channel  # noqa: PLC0415 - models are imported on first use

    if isinstance(outcome, GenesysCloudError):
        return outcome
    if not isinstance(outcome, Channel) or not outcome.id or not outcome.connect_uri:
        return DecodeError("the response has no channel: id or connectUri is missing")
    # `timestamp` would take a time without a zone as local, and refuse years outside its range.
    lasts = None if outcome.expires is None else assume_utc(outcome.expires).timestamp() - now.wall
    uri = policy.rewrite(outcome.connect_uri) if policy.rewrite else outcome.connect_uri
    return PlatformChannel(outcome.id, uri, life=policy.life(lasts))


def topics_from(outcome: object) -> frozenset[str]:
    """Return the topics in the response to a request for a channel's subscriptions."""
    return frozenset(entity.id for entity in _entities(outcome))


def rejections_from(
    outcome: object, wanted: frozenset[str]
) -> tuple[list[SubscriptionRejected], frozenset[str]]:
    """Return the server's rejections and the topics that it accepted, spelled as requested."""
    spelling = {topic.lower(): topic for topic in wanted}
    rejected: list[SubscriptionRejected] = []
    permitted: set[str] = set()
    for entity in _entities(outcome):
        topic = spelling.get(entity.id.lower())
        if topic is None:
            continue
        if entity.rejected:
            rejected.append(SubscriptionRejected(topic, entity.reason, entity.permissions))
        else:
            permitted.add(topic)
    return rejected, frozenset(permitted)


class _Entity(Struct, frozen=True):
    id: str
    rejected: bool
    reason: str | None
    permissions: tuple[str, ...]


def _entities(outcome: object) -> list[_Entity]:
    from genesys_core.models import ChannelTopicEntityListing  # noqa: PLC0415 - as above

    entities = outcome.entities if isinstance(outcome, ChannelTopicEntityListing) else None
    return [found for found in map(_entity, entities or ()) if found is not None]


def _entity(entity: "ChannelTopic | None") -> _Entity | None:
    """Return the topic of a listing's entry; ``None`` for a malformed entry.

    The decoder has already replaced some malformed entries with ``None``.
    """
    if entity is None or not entity.id:
        return None
    return _Entity(
        entity.id,
        (entity.state or "").lower() == "rejected",
        entity.rejection_reason,
        tuple(filter(None, entity.missing_permissions or ())),
    )
