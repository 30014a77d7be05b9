"""Messages on a channel's socket, in both directions.

Invariants: any text message is accepted. Requests get a response and everything else is ignored,
because an official client sends the time of day every second.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from genesys_core.clock import Now
from genesys_core.simulator.sockets.socket import QueuedText
from genesys_core.simulator.state.channels import Channel
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.memory import PlatformState, Settings
from genesys_core.simulator.state.subscriptions import permitted_topics, subscribe_channel
from genesys_core.simulator.state.topics import judge_topic

__all__ = ["HEARTBEAT", "answer_to", "write_envelope", "write_metadata"]

HEARTBEAT: Final = "WebSocket Heartbeat"


def write_envelope(topic: str, body: Json, version: str, correlation_id: str) -> str:
    """Return an event as the JSON text that the platform sends."""
    return _text(
        {
            "topicName": topic,
            "version": version,
            "eventBody": body,
            "metadata": {"CorrelationId": correlation_id},
        }
    )


def write_metadata(message: str) -> str:
    """Return a heartbeat or a pong as the JSON text that the platform sends."""
    return _text({"topicName": "channel.metadata", "eventBody": {"message": message}})


def answer_to(
    text: str, state: PlatformState, settings: Settings, channel_id: str, now: Now
) -> QueuedText | None:
    """Perform the request in a client's message, and return the response.

    Args:
        text: the text of the message, as received.
        state: the platform's state, which subscriptions modify.
        settings: the simulator's settings.
        channel_id: the id of the socket's channel.
        now: when the message was received.

    Returns:
        The response; ``None`` for a message that is not a request.
    """
    request = _read(text)
    match request.get("message"):
        case "ping":
            return QueuedText(write_metadata("pong"), "pong")
        case "subscribe" | "unsubscribe" as message:
            channel, topics = state.channels.get(channel_id), _topics(request)
        case _:
            return None
    if channel is None:
        return _reply("404", "error")
    if topics is None:
        return _reply("400", "error")
    if message == "subscribe":
        return _subscribed(channel, topics, state, settings, now)
    kept = {key: topic for key, topic in channel.topics.items() if key not in topics}
    state.channels[channel_id] = channel.with_topics(kept)
    return _reply("200", "unsubscribed")


def _subscribed(
    channel: Channel, topics: Mapping[str, str], state: PlatformState, settings: Settings, now: Now
) -> QueuedText:
    verdicts = [judge_topic(state, topic) for topic in topics.values()]
    rejected = any(each.topic is None for each in verdicts)
    wanted = {**channel.topics, **permitted_topics(verdicts)}
    if rejected or not subscribe_channel(state, settings, channel, wanted, now):
        return _reply("400", "failure")
    return _reply("200", "subscribed")


def _read(text: str) -> Mapping[str, Json]:
    try:
        value: Json = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    return value if isinstance(value, Mapping) else {}


def _topics(request: Mapping[str, Json]) -> dict[str, str] | None:
    """Return the requested topics by lower-case name; ``None`` if there is no list of topics."""
    asked = request.get("topics")
    if not isinstance(asked, list):
        return None
    topics = {topic.lower(): topic for topic in asked if isinstance(topic, str)}
    return topics if all(isinstance(topic, str) for topic in asked) else None


def _reply(result: str, status: str) -> QueuedText:
    return QueuedText(_text({"result": result, "status": status}), "reply")


def _text(value: Json) -> str:
    return msgspec.json.encode(value).decode()
