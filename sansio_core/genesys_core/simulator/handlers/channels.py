"""Channels and their subscriptions: ``/api/v2/notifications``.

Invariants: a channel belongs to one user and client; other callers get a 404 for it. A user and
client have at most 20 channels, and a channel has at most 1,000 topics. A channel expires 24 hours
after its last subscription request, or with the access token of that request, whichever comes first.
"""

import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from genesys_core.notifications._topic_models import TOPIC_MODELS
from genesys_core.simulator.handlers.published import topic_schema
from genesys_core.simulator.http.exchange import (
    ApiCall,
    Handler,
    Reply,
    format_instant,
    json_reply,
    no_content,
)
from genesys_core.simulator.http.problems import bad_request, no_such_entity
from genesys_core.simulator.state.channels import (
    MAX_CHANNELS,
    MAX_TOPICS,
    Channel,
    ChannelTopic,
    death_of,
)
from genesys_core.simulator.state.credentials import IssuedToken
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.subscriptions import (
    mark_used,
    permitted_topics,
    subscribe_channel,
)
from genesys_core.simulator.state.topics import Verdict, judge_topic
from genesys_core.simulator.state.world import Record

__all__ = ["HANDLERS"]


def post_channels(call: ApiCall) -> Reply:
    """Create a channel; if the caller has the maximum number, replace the least recently used.

    Channels without a connected WebSocket are replaced first.
    """
    token = _token(call)
    identity = call.state.new_id("channel")
    channel = mark_used(
        call.state,
        Channel(
            id=identity,
            client_id=token.client_id,
            user_id=token.user_id,
            token=token.value,
            uri=f"{_base(call)}/channels/{identity}",
            expires=call.now.wall + call.settings.channel_lifetime,
            used=0,
        ),
    )
    _make_room(call, identity)
    call.state.channels[identity] = channel
    return json_reply(_shown(channel))


def get_channels(call: ApiCall) -> Reply:
    """List the channels of the caller's token or client; omit ids and URIs of other tokens' channels."""
    token = _token(call)
    wide = call.argument("includechannels", "token") == "oauthclient"
    return json_reply(
        {
            "entities": [
                _shown(channel) if channel.token == token.value else _hidden(channel)
                for channel in _alive(call)
                if channel.token == token.value or (wide and channel.client_id == token.client_id)
            ]
        }
    )


def head_channel(call: ApiCall) -> Reply:
    """Respond with 200 if a channel exists (HEAD)."""
    _find(call)
    return Reply(200)


def get_subscriptions(call: ApiCall) -> Reply:
    """Return the topics to which a channel is subscribed."""
    channel = _find(call)
    verdicts = [Verdict(topic.written, topic) for topic in channel.topics.values()]
    return json_reply(_listing(channel, verdicts))


def post_subscriptions(call: ApiCall) -> Reply:
    """Subscribe a channel to further topics."""
    channel = _find(call)
    verdicts = _verdicts(call)
    return _subscribed(call, channel, {**channel.topics, **permitted_topics(verdicts)}, verdicts)


def put_subscriptions(call: ApiCall) -> Reply:
    """Replace all topics to which a channel is subscribed."""
    channel = _find(call)
    verdicts = _verdicts(call)
    return _subscribed(call, channel, permitted_topics(verdicts), verdicts)


def delete_subscriptions(call: ApiCall) -> Reply:
    """Remove all of a channel's topics; the channel remains."""
    channel = _find(call)
    call.state.channels[channel.id] = mark_used(call.state, channel).with_topics({})
    return no_content()


def get_available_topics(call: ApiCall) -> Reply:
    """Return the topics to which a channel can be subscribed."""
    templates = sorted({*TOPIC_MODELS, *call.state.extra_topics})
    return json_reply({"entities": [_available(call, template) for template in templates]})


_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?", re.ASCII | re.IGNORECASE)
_CHANNELS = "/api/v2/notifications/channels"
_SUBSCRIPTIONS = f"{_CHANNELS}/{{channelId}}/subscriptions"

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("POST", _CHANNELS): post_channels,
    ("GET", _CHANNELS): get_channels,
    ("HEAD", f"{_CHANNELS}/{{channelId}}"): head_channel,
    ("GET", _SUBSCRIPTIONS): get_subscriptions,
    ("POST", _SUBSCRIPTIONS): post_subscriptions,
    ("PUT", _SUBSCRIPTIONS): put_subscriptions,
    ("DELETE", _SUBSCRIPTIONS): delete_subscriptions,
    ("GET", "/api/v2/notifications/availabletopics"): get_available_topics,
}


def _token(call: ApiCall) -> IssuedToken:
    if call.token is None:  # a custom definition may allow the operation without a token
        raise bad_request("Notification channels require an access token.")
    return call.token


def _base(call: ApiCall) -> str:
    """Return the base URL of WebSocket connections, as seen by the caller."""
    if call.settings.connect_base is not None:
        return call.settings.connect_base.rstrip("/")
    asked = _HOST.fullmatch(call.host)
    host, port = asked.groups() if asked else ("127.0.0.1", None)
    port = call.state.socket_port or port
    return f"ws://{host}:{port}" if port else f"ws://{host}"


def _alive(call: ApiCall) -> list[Channel]:
    state, wall = call.state, call.now.wall
    return [each for each in state.channels.values() if death_of(each, state.tokens, wall) is None]


def _find(call: ApiCall) -> Channel:
    """Return the caller's channel.

    Raises:
        Problem: 404 if it does not exist or belongs to another user or client.
    """
    identity, token = call.arguments["channelId"], _token(call)
    for channel in _owned(call, token):
        if channel.id == identity:
            return channel
    raise no_such_entity("channel", identity)


def _owned(call: ApiCall, token: IssuedToken) -> list[Channel]:
    owner = (token.client_id, token.user_id)
    return [channel for channel in _alive(call) if channel.owner == owner]


def _make_room(call: ApiCall, newcomer: str) -> None:
    """Evict one of the caller's channels if there are 20.

    Disconnected channels are evicted before connected ones, the least recently used first.
    """
    mine = _owned(call, _token(call))
    if len(mine) >= MAX_CHANNELS:
        oldest = min(mine, key=lambda channel: (channel.is_connected, channel.used))
        call.state.channels[oldest.id] = replace(oldest, displaced_by=newcomer)


def _verdicts(call: ApiCall) -> Sequence[Verdict]:
    """Validate each topic in the body and return the results.

    Raises:
        Problem: 400 for a rejected topic, unless the caller ignores errors.
    """
    body = call.body if isinstance(call.body, list) else []
    asked = [str(each.get("id") or "") for each in body if isinstance(each, Mapping)]
    verdicts = [judge_topic(call.state, topic) for topic in asked]
    rejected = [each for each in verdicts if each.topic is None]
    if rejected and call.argument("ignoreErrors", "false") != "true":
        words = " ".join(f"[{each.id}] {each.reason}" for each in rejected)
        raise bad_request(f"Topics were rejected: {words}"[:1000])
    return verdicts


def _subscribed(
    call: ApiCall, channel: Channel, topics: Mapping[str, ChannelTopic], verdicts: Sequence[Verdict]
) -> Reply:
    renewed = replace(channel, token=_token(call).value)
    if not subscribe_channel(call.state, call.settings, renewed, topics, call.now):
        raise bad_request(f"A channel may have at most {MAX_TOPICS} topics.")
    return json_reply(_listing(channel, verdicts))


def _listing(channel: Channel, verdicts: Sequence[Verdict]) -> Json:
    uri = f"{_CHANNELS}/{channel.id}/subscriptions"
    return {"entities": [{**_judged(verdict), "selfUri": uri} for verdict in verdicts]}


def _judged(verdict: Verdict) -> Record:
    if verdict.topic is not None:
        return {"id": verdict.id, "state": "Permitted"}
    return {
        "id": verdict.id,
        "state": "Rejected",
        "rejectionReason": verdict.reason,
        **({"missingPermissions": list(verdict.missing)} if verdict.missing else {}),
    }


def _shown(channel: Channel) -> Record:
    return {"connectUri": channel.uri, "id": channel.id, **_hidden(channel)}


def _hidden(channel: Channel) -> Record:
    return {"expires": format_instant(channel.expires)}


def _available(call: ApiCall, template: str) -> Record:
    wanted = {name.lower() for name in call.query.get("expand", ())}
    facts: Record = {
        "visibility": "Public",
        "enforced": True,
        "transports": ["All"],
        "requiresPermissions": list(call.state.forbidden_topics.get(template, ())),
    }
    if "schema" in wanted and template in TOPIC_MODELS:
        facts["schema"] = topic_schema(call.definition, TOPIC_MODELS[template])
    return {"id": template, **{k: v for k, v in facts.items() if k.lower() in wanted}}
