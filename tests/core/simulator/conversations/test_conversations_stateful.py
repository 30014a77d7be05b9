"""Whatever happens in a contact center, its views agree: details, aggregates, listings, events."""

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from genesys_core.simulator.conversations.rest_views import show_conversation
from tests.strategies.contact_center import StaffedDesk
from tests.strategies.conversation_totals import check_totals

MEDIA = st.sampled_from(["voice", "callback", "email", "message"])
PROMPTS = st.sampled_from(
    ["OPTIONAL", "MANDATORY", "MANDATORY_TIMEOUT", "MANDATORY_FORCED_TIMEOUT"]
)
PICK = st.integers(0, 10**6)
BODIES = st.sampled_from(
    [
        {"state": "connected"},
        {"state": "disconnected"},
        {"held": True},
        {"held": False},
        {"muted": True},
        {"wrapup": {"code": "sold"}},
        {"wrapupSkipped": True},
    ]
)


class ContactCenterMachine(RuleBasedStateMachine):
    """Commands of every kind, to every participant, at any time."""

    def __init__(self):
        super().__init__()
        self.desk = StaffedDesk()
        topic = f"v2.routing.queues.{self.desk.queue}.conversations"
        _, self.socket = self.desk.opened(topic)
        self.topic = topic
        self.topics: Counter[str] = Counter()
        self.heard: dict[str, object] = {}

    def take(self):
        """Note what was published and what arrived since the last time."""
        published = self.desk.hub.published
        self.topics.update(each.topic for each in published)
        published.clear()
        for event in self.desk.told(self.socket):
            if event["topicName"] == self.topic:
                self.heard[event["eventBody"]["id"]] = event["eventBody"]

    def party(self, pick):
        """A participant of any conversation, or none."""
        conversations = list(self.desk.state.contact_center.conversations.values())
        parties = [(each.id, party.id) for each in conversations for party in each.participants]
        return parties[pick % len(parties)] if parties else None

    @rule(media=MEDIA)
    def a_customer_comes(self, media):
        self.desk.offer(media)

    @rule(prompt=PROMPTS)
    def the_queue_changes_its_prompt(self, prompt):
        queue = self.desk.state.queues[self.desk.queue]
        acw = {"wrapupPrompt": prompt, "timeoutMs": 20_000}
        self.desk.state.queues[self.desk.queue] = {**queue, "acwSettings": acw}

    @rule(pick=PICK, presence=st.sampled_from(["On Queue", "Busy"]))
    def a_user_changes_presence(self, pick, presence):
        self.desk.be(self.desk.users[pick % 3], presence)

    @rule(pick=PICK)
    def a_user_is_ready_again(self, pick):
        user = self.desk.users[pick % 3]
        status = self.desk.state.users[user]["routingStatus"]["status"]
        if status == "NOT_RESPONDING":
            self.desk.call("PUT", f"/api/v2/users/{user}/routingstatus", {"status": "IDLE"})

    @rule(pick=PICK, body=BODIES)
    def a_participant_is_changed(self, pick, body):
        if (found := self.party(pick)) is not None:
            made, party = found
            target = f"/api/v2/conversations/{made}/participants/{party}"
            assert self.desk.call("PATCH", target, body).status in {202, 400}

    @rule(pick=PICK, kind=st.sampled_from(["queueId", "userId", "address"]), attended=st.booleans())
    def a_participant_is_replaced(self, pick, kind, attended):
        if (found := self.party(pick)) is not None:
            made, party = found
            target = f"/api/v2/conversations/{made}/participants/{party}/replace"
            user = self.desk.users[pick % 3]
            value = {"queueId": self.desk.queue, "userId": user, "address": "tel:+3"}[kind]
            body = {kind: value, "transferType": "Attended" if attended else "Unattended"}
            assert self.desk.call("POST", target, body).status in {202, 400}

    @rule(pick=PICK)
    def a_conversation_is_assigned_or_ended(self, pick):
        if (found := self.party(pick)) is not None:
            end = "assign" if pick % 2 else "disconnect"
            body = {"id": self.desk.users[pick % 3]}
            target = f"/api/v2/conversations/{found[0]}/{end}"
            answer = self.desk.call("POST", target, *([body] if pick % 2 else []))
            assert answer.status in {200, 400}

    @rule()
    def the_first_user_calls(self):
        body = {"phoneNumber": "+1", "callFromQueueId": self.desk.queue}
        assert self.desk.call("POST", "/api/v2/conversations/calls", body).status == 200

    @rule(seconds=st.floats(0.1, 100.0))
    def time_passes(self, seconds):
        self.desk.sleep(seconds)
        self.desk.simulator.advance(self.desk.now)

    @invariant()
    def the_views_agree(self):
        self.take()
        check_totals(self.desk.state, self.topics)
        for conversation in self.desk.state.contact_center.conversations.values():
            if not any(each.queue_id for each in conversation.participants):
                continue
            shown = show_conversation(self.desk.state, conversation)
            heard = self.heard[conversation.id]
            assert [_gist(each) for each in heard["participants"]] == [
                _gist(each) for each in shown["participants"]
            ]


def _gist(participant):
    sessions = [
        each for name in ("calls", "callbacks", "emails", "messages") for each in participant[name]
    ]
    return participant["id"], [(each["state"], each["held"]) for each in sessions]


TestContactCenter = ContactCenterMachine.TestCase
TestContactCenter.settings = settings(max_examples=6, stateful_step_count=20, deadline=None)


@pytest.mark.slow
def test_many_contact_centers():
    many = settings(max_examples=150, stateful_step_count=40, deadline=None)
    run_state_machine_as_test(ContactCenterMachine, settings=many)
