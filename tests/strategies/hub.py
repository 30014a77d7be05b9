"""What the tests of notifications in the simulator share: a desk that also has sockets."""

import json

from genesys_core.simulator import Settings, Simulator, World
from genesys_core.simulator.sockets.actions import Drop, Refusal, WriteClose, WriteText
from tests.strategies.simulator import Desk, definition

CHANNELS = "/api/v2/notifications/channels"
HEARTBEAT = {"topicName": "channel.metadata", "eventBody": {"message": "WebSocket Heartbeat"}}
PONG = {"topicName": "channel.metadata", "eventBody": {"message": "pong"}}


class ChannelDesk(Desk):
    """A desk with channels, and what their sockets were told."""

    def __init__(self, *, users: int = 3, **settings) -> None:
        world = World.sample(users=users, queues=1)
        simulator = Simulator(definition(), world=world, settings=Settings(**settings))
        super().__init__(simulator)
        self.hub = self.simulator.hub
        self.user = self.client.user_id
        self.presence = f"v2.users.{self.user}.presence"
        self.routing = f"v2.users.{self.user}.routingStatus"

    def channel(self, *topics, token=None) -> str:
        made = self.call("POST", CHANNELS, token=token)
        assert made.status == 200, made
        identity = made.json["id"]
        if topics:
            assert self.subscribe(identity, *topics, token=token).status == 200
        return identity

    def subscribe(self, channel, *topics, method="POST", query="", token=None):
        body = [{"id": topic} for topic in topics]
        target = f"{CHANNELS}/{channel}/subscriptions{query}"
        return self.call(method, target, body, token=token)

    def topics(self, channel) -> list[str]:
        listed = self.call("GET", f"{CHANNELS}/{channel}/subscriptions").json
        return [each["id"] for each in listed["entities"]]

    def connect(self, channel) -> int:
        socket = self.hub.connected(channel, self.now)
        assert not isinstance(socket, Refusal), socket
        return socket

    def refused(self, channel) -> int | None:
        refusal = self.hub.connected(channel, self.now)
        assert isinstance(refusal, Refusal)
        return refusal.status

    def opened(self, *topics) -> tuple[str, int]:
        channel = self.channel(*topics)
        return channel, self.connect(channel)

    def publish(self, topic=None, body=None):
        return self.hub.publish(topic or self.presence, body or {}, self.now)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.hub.timer(self.now)

    def told(self, socket=None) -> list[object]:
        """What was to be done since the last time: texts as JSON, closes as their code."""
        return [
            _plain(action)
            for action in self.hub.take()
            if socket is None or action.socket == socket
        ]

    def heard(self, socket=None) -> list[str]:
        """The topics of the texts that were sent since the last time."""
        return [each["topicName"] for each in self.told(socket) if isinstance(each, dict)]


def _plain(action):
    match action:
        case WriteText():
            return json.loads(action.text)
        case WriteClose():
            return action.code
        case Drop():
            return "drop"
        case _:
            return action
