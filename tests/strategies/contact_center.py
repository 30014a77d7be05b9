"""What the tests of conversations share: a floor of agents with queues, at the level of the state."""

from genesys_core.clock import Now
from genesys_core.simulator import PlatformState, World
from genesys_core.simulator.conversations import lifecycle
from genesys_core.simulator.conversations.agents import (
    routing_status,
    set_member,
    set_routing_status,
)
from genesys_core.simulator.conversations.distribution import (
    distribute_conversations,
    file_finished,
)
from genesys_core.simulator.conversations.due import run_timer
from genesys_core.simulator.conversations.timers import due_timer
from genesys_core.simulator.state.timeline import ConversationTimeline, MediaKind, Participant
from tests.strategies.hub import ChannelDesk
from tests.strategies.simulator import WALL


class Floor:
    """Agents on queue, all members of all queues, and a clock to move."""

    def __init__(self, agents: int = 2, queues: int = 1, **acw: object) -> None:
        self.state = PlatformState.of(World.sample(users=agents, queues=queues), 0)
        self.center = self.state.contact_center
        self.now = Now(0.0, WALL)
        self.agents, self.queues = list(self.state.users), list(self.state.queues)
        self.queue = self.queues[0]
        for queue_id in self.queues:
            if acw:
                self.state.queues[queue_id] = {**self.state.queues[queue_id], "acwSettings": acw}
            for user_id in self.agents:
                set_member(self.state, queue_id, user_id, joined=True)
        for user_id in self.agents:
            set_routing_status(self.state, user_id, "IDLE", self.now)

    @property
    def at(self) -> int:
        return round(self.now.wall * 1000)

    def settle(self) -> None:
        distribute_conversations(self.state, self.now)
        file_finished(self.state)
        self.center.changed.clear()

    def wait(self, seconds: float) -> None:
        """Let time pass, and everything happen that is due."""
        self.now = Now(self.now.monotonic + seconds, self.now.wall + seconds)
        while (due := due_timer(self.center, self.now)) is not None:
            run_timer(self.state, *due)
            distribute_conversations(self.state, due[1])
            file_finished(self.state)
            self.center.changed.clear()

    def offered(self, media: MediaKind = "voice", queue: str | None = None) -> ConversationTimeline:
        """A customer who came to a queue."""
        made = lifecycle.begin_inbound(self.state, media, self.now, address="tel:+1", name="Ada")
        lifecycle.enter_queue(self.state, made, queue or self.queue, self.now)
        self.settle()
        return made

    def connected(self, media: MediaKind = "voice") -> ConversationTimeline:
        """A customer who talks to the first available agent."""
        made = self.offered(media)
        lifecycle.connect_participant(self.state, made, agent_of(made), self.now)
        self.settle()
        return made

    def hang_up(self, conversation: ConversationTimeline, party: Participant) -> None:
        lifecycle.hang_up(self.state, conversation, party, self.now)
        self.settle()

    def status(self, agent: int = 0) -> str:
        return routing_status(self.state, self.agents[agent])

    def facts(self) -> list[str]:
        told = [each.kind for each in self.center.facts]
        self.center.facts.clear()
        return told


def agent_of(conversation: ConversationTimeline) -> Participant:
    """The agent who came last."""
    return [each for each in conversation.participants if each.user_id][-1]


def kinds(participant: Participant) -> list[str]:
    return [each.kind for each in participant.session.segments]


def states(conversation: ConversationTimeline) -> list[tuple[str, str]]:
    return [(each.purpose, each.session.state) for each in conversation.participants]


class StaffedDesk(ChannelDesk):
    """A desk whose second and third user are on queue in the only queue."""

    def __init__(self, *, users: int = 3, **settings: object) -> None:
        super().__init__(users=users, **settings)
        self.state = self.simulator.state
        self.users, self.queue = list(self.state.users), next(iter(self.state.queues))
        members = [{"id": each} for each in self.users]
        answer = self.call("POST", f"/api/v2/routing/queues/{self.queue}/members", members)
        assert answer.status == 204, answer
        for user_id in self.users[1:]:
            self.be(user_id, "On Queue")

    def be(self, user_id: str, presence: str) -> None:
        body = {"presenceDefinition": {"systemPresence": presence}}
        answer = self.call("PATCH", f"/api/v2/users/{user_id}/presences/purecloud", body)
        assert answer.status == 200, answer

    def offer(self, media: MediaKind = "voice") -> str:
        return self.simulator.offer(media, self.queue, now=self.now, address="tel:+1", name="Ada")

    def timeline(self, conversation: str) -> ConversationTimeline:
        return self.state.contact_center.conversations[conversation]

    def command(self, conversation: str, body: object, *, status: int = 202, agent: object = None):
        """PATCH the agent who came last."""
        party = agent or agent_of(self.timeline(conversation))
        target = f"/api/v2/conversations/{conversation}/participants/{party.id}"
        answer = self.call("PATCH", target, body)
        assert answer.status == status, answer
        return answer

    def talk(self, media: MediaKind = "voice") -> str:
        """A conversation with the agent who waits longest."""
        made = self.offer(media)
        self.command(made, {"state": "connected"})
        return made


def end_call(desk: StaffedDesk) -> str:
    """A call of three seconds that is over."""
    made = desk.talk()
    desk.sleep(3)
    desk.command(made, {"state": "disconnected"})
    return made
