"""Channels and subscriptions over REST."""

import pytest

from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request
from genesys_core.simulator import Definition, Simulator
from genesys_core.simulator.state.definition import Schema
from tests.strategies.hub import CHANNELS, ChannelDesk
from tests.strategies.simulator import Desk, definition, misfits, operation, small_document

PRESENCE, STATION = "v2.users.u-1.presence", "v2.users.u-1.station"


def declared(model, value):
    return misfits(definition(), Schema(ref=f"#/definitions/{model}"), value)


def head(desk, channel, token=None):
    return desk.call("HEAD", f"{CHANNELS}/{channel}", token=token).status


def second_token(desk):
    """Another token of the same user and client."""
    return desk.simulator.issue_token(desk.client.id, now=desk.now)


def strangers_token(desk):
    """A token of the same client for another user."""
    from msgspec.structs import replace

    value = second_token(desk)
    token = desk.simulator.state.tokens[value]
    other = list(desk.simulator.state.users)[1]
    desk.simulator.state.tokens[value] = replace(token, user_id=other)
    return value


# Channels


def test_a_new_channel_says_where_its_socket_is():
    desk = ChannelDesk()
    channel = desk.call("POST", CHANNELS).json
    assert declared("Channel", channel) == []
    assert channel["connectUri"] == f"ws://simulator/channels/{channel['id']}"
    assert channel["expires"] == "2023-11-15T22:13:20.000Z"  # a day later
    assert head(desk, channel["id"]) == 200


@pytest.mark.parametrize(
    ("host", "port", "base"),
    [
        ("a.example:8080", None, "ws://a.example:8080"),
        ("a.example:8080", 99, "ws://a.example:99"),
        ("a.example", 99, "ws://a.example:99"),
        ("[::1]:8080", 99, "ws://[::1]:99"),
        ("", 99, "ws://simulator:99"),
        ("a:b:c", 99, "ws://127.0.0.1:99"),
        (":80", 99, "ws://127.0.0.1:99"),
        ("a.example:x", None, "ws://127.0.0.1"),
    ],
)
def test_it_leads_to_the_host_that_was_asked(host, port, base):
    desk = ChannelDesk()
    desk.simulator.state.socket_port = port
    headers = {"Authorization": f"Bearer {desk.log_in()}", "Host": host}
    request = Request("POST", f"http://simulator{CHANNELS}", Headers.received(headers.items()))
    response = desk.simulator.respond(request, now=desk.now)
    (channel,) = desk.simulator.state.channels.values()
    assert response.status == 200
    assert channel.uri == f"{base}/channels/{channel.id}"


def test_or_to_where_the_settings_say():
    desk = ChannelDesk(connect_base="wss://streaming.example.com/")
    channel = desk.call("POST", CHANNELS).json
    assert channel["connectUri"] == f"wss://streaming.example.com/channels/{channel['id']}"


def test_channels_of_the_token_and_of_the_client():
    desk = ChannelDesk()
    mine, other = desk.channel(), second_token(desk)
    theirs = desk.channel(token=other)
    listed = desk.call("GET", CHANNELS).json
    assert declared("ChannelEntityListing", listed) == []
    assert [each["id"] for each in listed["entities"]] == [mine]
    everybody = desk.call("GET", f"{CHANNELS}?includechannels=oauthclient").json["entities"]
    assert [each.get("id") for each in everybody] == [mine, None]
    assert theirs not in str(everybody)


def test_a_channel_is_there_for_its_owner_alone():
    desk = ChannelDesk()
    channel = desk.channel(PRESENCE)
    assert head(desk, channel, second_token(desk)) == 200
    stranger = strangers_token(desk)
    assert head(desk, channel, stranger) == 404
    answer = desk.subscribe(channel, STATION, token=stranger)
    assert (answer.status, answer.json["entityName"]) == (404, "channel")
    assert desk.topics(channel) == [PRESENCE]
    assert desk.subscribe("nothing", STATION).status == 404


def test_the_channel_used_least_recently_makes_room():
    desk = ChannelDesk()
    channels = [desk.channel() for _ in range(20)]
    desk.subscribe(channels[0], PRESENCE)  # used last
    stranger = strangers_token(desk)
    theirs = desk.channel(token=stranger)
    assert all(head(desk, each) == 200 for each in channels)
    newest = desk.channel()
    gone = [each for each in channels if head(desk, each) == 404]
    assert gone == [channels[1]]
    assert head(desk, newest) == 200
    assert head(desk, theirs, stranger) == 200


def test_one_without_a_socket_goes_first():
    desk = ChannelDesk()
    channels = [desk.channel() for _ in range(20)]
    for channel in (*channels[:7], *channels[8:]):
        desk.connect(channel)
    desk.channel()
    assert [each for each in channels if head(desk, each) == 404] == [channels[7]]


def test_a_channel_lives_for_a_day_after_the_last_subscription():
    desk = ChannelDesk(token_lifetime=1e9)
    channel = desk.channel()
    desk.sleep(80_000)
    desk.subscribe(channel, PRESENCE)
    desk.sleep(86_399)
    assert head(desk, channel) == 200
    assert desk.call("DELETE", f"{CHANNELS}/{channel}/subscriptions").status == 204
    desk.sleep(1)
    assert head(desk, channel) == 404
    assert desk.subscribe(channel, PRESENCE).status == 404
    assert not desk.simulator.state.channels


def test_and_no_longer_than_the_token_that_subscribed_last():
    desk = ChannelDesk(token_lifetime=100)
    first, second = desk.channel(), desk.channel()
    desk.sleep(50)
    later = second_token(desk)
    desk.subscribe(second, PRESENCE, token=later)
    desk.sleep(50)
    desk.log_in()
    assert (head(desk, first), head(desk, second)) == (404, 200)


def test_a_definition_that_asks_for_no_token_does_not_make_channels_without_one():
    known = Definition(small_document({CHANNELS: {"post": operation()}}))
    answer = Desk(Simulator(known)).send("POST", CHANNELS)
    assert answer.status == 400
    assert "token" in answer.json["message"]


# Subscriptions


def test_topics_are_added_replaced_and_cleared():
    desk = ChannelDesk()
    channel = desk.channel(PRESENCE)
    added = desk.subscribe(channel, STATION)
    assert declared("ChannelTopicEntityListing", added.json) == []
    assert [each["id"] for each in added.json["entities"]] == [STATION]
    assert desk.topics(channel) == [PRESENCE, STATION]
    desk.subscribe(channel, "v2.users.u-2.presence", method="PUT")
    assert desk.topics(channel) == ["v2.users.u-2.presence"]
    cleared = desk.call("DELETE", f"{CHANNELS}/{channel}/subscriptions")
    assert (cleared.status, cleared.body) == (204, b"")
    assert desk.topics(channel) == []


def test_the_same_topic_again_is_one_topic_as_last_written():
    desk = ChannelDesk()
    channel = desk.channel(PRESENCE, PRESENCE)
    desk.subscribe(channel, PRESENCE.upper())
    assert desk.topics(channel) == [PRESENCE.upper()]


def test_a_combined_topic_that_is_asked_for_again_is_judged_again():
    desk = ChannelDesk()
    forbidden = desk.simulator.state.forbidden_topics
    forbidden["v2.users.{id}.presence"] = ("presence:view",)
    combined = f"v2.users.{desk.user}?presence&station"
    channel = desk.channel(combined)
    assert desk.publish().channels == ()
    forbidden.clear()
    desk.subscribe(channel, combined)
    assert desk.publish().channels == (channel,)


def test_no_topics_at_all_are_in_order():
    desk = ChannelDesk()
    channel = desk.channel(PRESENCE)
    assert desk.subscribe(channel).json == {"entities": []}
    assert desk.topics(channel) == [PRESENCE]
    assert desk.subscribe(channel, method="PUT").json == {"entities": []}
    assert desk.topics(channel) == []


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_one_bad_topic_spoils_all(method):
    desk = ChannelDesk()
    channel = desk.channel(PRESENCE)
    answer = desk.subscribe(channel, STATION, "v2.nothing", method=method)
    assert answer.status == 400
    assert "v2.nothing" in answer.json["message"]
    assert desk.topics(channel) == [PRESENCE]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_unless_errors_are_ignored(method):
    desk = ChannelDesk()
    desk.simulator.state.forbidden_topics["v2.users.{id}.presence"] = ("presence:view",)
    channel = desk.channel()
    topics = (STATION, PRESENCE, "v2.nothing")
    answer = desk.subscribe(channel, *topics, method=method, query="?ignoreErrors=true")
    assert declared("ChannelTopicEntityListing", answer.json) == []
    permitted, forbidden, unknown = answer.json["entities"]
    assert (permitted["id"], permitted["state"]) == (STATION, "Permitted")
    assert (forbidden["id"], forbidden["state"]) == (PRESENCE, "Rejected")
    assert forbidden["missingPermissions"] == ["presence:view"]
    assert "permissions" in forbidden["rejectionReason"]
    assert (unknown["state"], "missingPermissions" in unknown) == ("Rejected", False)
    assert desk.topics(channel) == [STATION]


def test_a_thousand_topics_and_no_more():
    desk = ChannelDesk()
    many = [f"v2.users.u-{n}?presence&station" for n in range(1000)]
    channel = desk.channel(*many)
    assert desk.subscribe(channel, many[0]).status == 200
    answer = desk.subscribe(channel, PRESENCE, STATION)
    assert answer.status == 400
    assert "1000" in answer.json["message"]
    assert len(desk.topics(channel)) == 1000


# Topics


def test_available_topics():
    desk = ChannelDesk()
    desk.simulator.state.extra_topics.add("v2.things.{id}")
    listed = desk.call("GET", "/api/v2/notifications/availabletopics").json
    assert declared("AvailableTopicEntityListing", listed) == []
    assert {"id": "v2.users.{id}.presence"} in listed["entities"]
    assert {"id": "v2.things.{id}"} in listed["entities"]
    assert len(listed["entities"]) == 243


def test_what_is_known_of_them_where_asked_for():
    desk = ChannelDesk()
    desk.simulator.state.forbidden_topics["v2.users.{id}.presence"] = ("presence:view",)
    query = "expand=transports&expand=requiresPermissions&expand=visibility&expand=enforced"
    listed = desk.call("GET", f"/api/v2/notifications/availabletopics?{query}").json
    assert declared("AvailableTopicEntityListing", listed) == []
    (topic,) = [each for each in listed["entities"] if each["id"] == "v2.users.{id}.presence"]
    assert topic["requiresPermissions"] == ["presence:view"]
    assert topic["transports"] == ["All"]


def test_the_schema_of_a_topic_is_described_where_asked_for():
    desk = ChannelDesk()
    listed = desk.call("GET", "/api/v2/notifications/availabletopics?expand=schema").json
    schemas = {each["id"]: each.get("schema") for each in listed["entities"]}
    assert isinstance(schemas["v2.users.{id}.presence"], dict)
