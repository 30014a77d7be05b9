"""Subscribes channels to topics, as requested by REST or through the WebSocket.

Invariants: a subscription request is atomic: it succeeds as a whole or changes nothing.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from genesys_core.clock import Now
from genesys_core.simulator.state.channels import MAX_TOPICS, Channel, ChannelTopic, Notice
from genesys_core.simulator.state.memory import PlatformState, Settings
from genesys_core.simulator.state.topics import Verdict
from genesys_core.simulator.state.world import Record

__all__ = ["mark_used", "permitted_topics", "subscribe_channel", "system_message"]


def permitted_topics(verdicts: Sequence[Verdict]) -> dict[str, ChannelTopic]:
    """Return the topics that validation has accepted, by lower-case name."""
    return {each.id.lower(): each.topic for each in verdicts if each.topic is not None}


def subscribe_channel(
    state: PlatformState,
    settings: Settings,
    channel: Channel,
    topics: Mapping[str, ChannelTopic],
    now: Now,
) -> bool:
    """Set a channel's topics, and restart its lifetime.

    Returns:
        ``False``, without changing anything, if there are more topics than a channel may have.
    """
    if len(topics) > MAX_TOPICS:
        return False
    changed = mark_used(state, channel).with_topics(topics)
    state.channels[channel.id] = replace(changed, expires=now.wall + settings.channel_lifetime)
    if settings.exclusive_topics:
        _take_from_others(state, changed, changed.names - channel.names)
    return True


def mark_used(state: PlatformState, channel: Channel) -> Channel:
    """Return a copy of a channel that is marked as the most recently used."""
    state.issued["channel use"] += 1
    return replace(channel, used=state.issued["channel use"])


def system_message(
    state: PlatformState, channel: Channel, kind: str, reason: str, by: str
) -> Record:
    """Return the body of a ``v2.system`` event about a channel.

    Args:
        state: the platform's state.
        channel: the channel that receives the event.
        kind: the kind of event: ``no_longer_subscribed``, ``subscription_changed`` or
            ``token_revoked``.
        reason: the reason for the event: ``another_channel_subscribed`` or ``user_tokens_revoked``.
        by: the id of the channel that caused the event, or of the receiving channel if none did.
    """
    return {
        "channelId": by,
        "systemTopicType": kind,
        "correlationId": state.new_id("system message"),
        "organizationId": state.organization.get("id"),
        "userId": channel.user_id,
        "oauthClientId": channel.client_id,
        "oauthClientOrgId": state.organization.get("id"),
        "reason": reason,
        "message": f"{kind}: {reason}".replace("_", " "),
        "data": {},
    }


def _take_from_others(state: PlatformState, taker: Channel, names: frozenset[str]) -> None:
    is_moved = False
    for other in list(state.channels.values()):
        lost = {key for key, topic in other.topics.items() if names & set(topic.names)}
        if other.id == taker.id or other.owner != taker.owner or not lost:
            continue
        kept = {key: topic for key, topic in other.topics.items() if key not in lost}
        state.channels[other.id] = other.with_topics(kept)
        body = system_message(
            state, other, "no_longer_subscribed", "another_channel_subscribed", taker.id
        )
        topic = f"v2.system.no_longer_subscribed.{other.id}"
        state.notices.append(Notice(topic, body, to=other.id))
        is_moved = True
    if is_moved:
        reason = "another_channel_subscribed"
        body = system_message(state, taker, "subscription_changed", reason, taker.id)
        state.notices.append(Notice("v2.subscription.updated", body))
