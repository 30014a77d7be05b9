from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from genesys_core.errors import InvalidValueError
from genesys_core.notifications.subscriptions import (
    MAX_CHANNELS,
    MAX_LENGTH,
    MAX_TOPICS,
    Plan,
    combine_topics,
    expand_topic,
    is_automatic,
)
from tests.helpers.examples import examples
from tests.helpers.growth import growth

SUFFIXES = ["presence", "routingStatus", "station", "conversations", "conversations.calls"]

topics = st.builds(
    "v2.users.{}.{}".format, st.integers(0, 9).map("user-{}".format), st.sampled_from(SUFFIXES)
) | st.sampled_from(
    ["v2.flows.f-1", "v2.flows.f-2", "v2.quality.evaluations", "v2.outbound.settings"]
)


def users(count: int, *suffixes: str) -> list[str]:
    return [f"v2.users.user-{n}.{suffix}" for n in range(count) for suffix in suffixes]


def test_expanding():
    assert expand_topic("v2.users.x.presence") == ("v2.users.x.presence",)
    assert expand_topic("v2.users.x?presence") == ("v2.users.x.presence",)
    assert expand_topic("v2.users.x?presence&conversations.calls&station") == (
        "v2.users.x.presence",
        "v2.users.x.conversations.calls",
        "v2.users.x.station",
    )


@pytest.mark.parametrize(
    "text",
    ["", " ", ".", "a..b", "a.b ", "a?", "?b", "a?b&", "a?b?c", "a&b", "a\nb", "x" * 201],
)
def test_what_is_no_topic(text):
    with pytest.raises(InvalidValueError):
        expand_topic(text)
    with pytest.raises(InvalidValueError):
        Plan().adding([text])


def test_a_topic_is_a_text_of_at_most_200_characters():
    assert expand_topic("x" * 200) == ("x" * 200,)
    with pytest.raises(TypeError, match="topic must be a topic, not an int"):
        expand_topic(5)


@pytest.mark.parametrize(
    ("topic", "automatic"),
    [
        ("channel.metadata", True),
        ("Channel.Metadata", True),
        ("v2.system.socket_closing", True),
        ("V2.SYSTEM.token_revoked.x", True),
        ("v2.systems.x", False),
        ("v2.users.x.presence", False),
    ],
)
def test_automatic_topics_take_no_place(topic, automatic):
    assert is_automatic(topic) is automatic
    assert (Plan().adding([topic]).topics == frozenset()) is automatic


def test_combining():
    assert combine_topics(
        [
            "v2.users.a.presence",
            "v2.users.b.presence",
            "v2.users.A.routingStatus",
            "v2.users.a.station",
            "v2.quality.evaluations",
            "v2.users.b.conversations.calls",
            "v2.users.b.conversations.chats",
        ]
    ) == (
        "v2.users.a?presence&routingStatus&station",
        "v2.users.b.presence",
        "v2.quality.evaluations",
        "v2.users.b.conversations?calls&chats",
    )


def test_ids_are_not_suffixes():
    flows = ["v2.flows.outcomes.a-1", "v2.flows.outcomes.b2"]
    assert combine_topics(flows) == tuple(flows)
    kinds = ["v2.flows.calls", "v2.flows.chats"]  # no resource: a kind without an id
    assert combine_topics(kinds) == tuple(kinds)


@given(st.lists(topics, unique=True, max_size=30))
def test_combined_topics_expand_to_what_they_were_made_of(asked):
    entries = combine_topics(asked)
    names = [name for entry in entries for name in expand_topic(entry)]
    assert sorted(names) == sorted(asked)
    assert all("?" not in entry or len(entry) < MAX_LENGTH for entry in entries)


def test_combined_topics_stay_below_200_characters():
    asked = [f"v2.users.{'x' * 36}.{'s' * n}" for n in range(1, 40)]
    entries = combine_topics(asked)
    assert 1 < len(entries) < 10
    assert max(map(len, entries)) < MAX_LENGTH
    for entry, following in pairwise(entries):
        first, *_ = following.partition("?")[2].split("&")
        assert len(f"{entry}&{first}") >= MAX_LENGTH, "there was room for one more"
    assert [name for entry in entries for name in expand_topic(entry)] == asked
    pair = [f"v2.users.{'x' * 150}.{'a' * 20}", f"v2.users.{'x' * 150}.{'b' * 18}"]
    (entry,) = combine_topics(pair)
    assert len(entry) == MAX_LENGTH - 1
    assert combine_topics([pair[0], pair[1] + "b"]) == (pair[0], pair[1] + "b")


def test_topics_go_one_by_one_while_they_fit():
    plan = Plan().adding(users(500, "presence", "station"))
    assert plan.entries(0) == frozenset(users(500, "presence", "station"))
    assert len(plan.channels) == 1


def test_topics_are_combined_when_they_do_not_fit():
    plan = Plan().adding(users(500, "presence", "station", "routingStatus"))
    assert len(plan.channels) == 1
    assert len(plan.entries(0)) == 500
    names = {name for entry in plan.entries(0) for name in expand_topic(entry)}
    assert names == set(users(500, "presence", "station", "routingStatus"))


def test_topics_that_cannot_be_combined_spread_over_channels():
    plan = Plan().adding(users(2500, "presence"))
    assert [len(plan.entries(n)) for n in range(len(plan.channels))] == [1000, 1000, 500]


def test_a_resource_joins_its_own_even_on_a_full_channel():
    plan = Plan().adding(users(1500, "presence")).adding(["v2.users.user-7.station"])
    assert "v2.users.user-7.station" in plan.channels[0].names
    assert "v2.users.user-7?presence&station" in plan.entries(0)
    assert len(plan.entries(0)) == MAX_TOPICS


def test_a_resource_joins_its_own_even_if_an_earlier_channel_has_room():
    plan = Plan().adding(users(1001, "presence")).removing(["v2.users.user-0.presence"])
    plan = plan.adding(["v2.users.user-1000.station", "v2.users.user-1.station", "v2.flows.x"])
    assert "v2.users.user-1000.station" in plan.channels[1].names
    assert "v2.users.user-1.station" in plan.channels[0].names


def test_the_limit_of_channels_is_explained():
    full = Plan().adding(users(MAX_CHANNELS * MAX_TOPICS, "presence"))
    assert len(full.channels) == MAX_CHANNELS
    with pytest.raises(InvalidValueError, match="20 channels") as caught:
        full.adding(["v2.users.one-more.presence"])
    assert "EventBridge" in str(caught.value)
    freed = full.removing(["v2.users.user-0.presence"]).adding(["v2.users.one-more.presence"])
    assert len(freed.channels) == MAX_CHANNELS
    with pytest.raises(InvalidValueError, match="for 2 channels"):
        Plan(max_channels=2).adding(users(2001, "presence"))


def test_a_topic_counts_once_however_it_is_written():
    plan = Plan().adding(
        ["v2.users.x.presence", "V2.Users.X.Presence", "v2.users.x?presence&station"]
    )
    assert plan.topics == {"v2.users.x.presence", "v2.users.x.station"}
    assert plan.removing(["V2.USERS.X?PRESENCE"]).topics == {"v2.users.x.station"}
    assert plan.removing(["v2.nobody.asked"]) == plan


def test_adopting_prefers_the_channel_that_has_the_topic():
    plan = (
        Plan()
        .adding(users(1500, "presence"))
        .adopting(1, ["v2.flows.x", "v2.users.user-0.presence"])
    )
    assert "v2.flows.x" in plan.channels[1].names
    assert len(plan.channels) == 2
    assert len(Plan().adding(users(1, "presence")).adopting(1, ["v2.flows.x"]).channels) == 2
    assert "v2.users.user-0.presence" not in plan.channels[1].names
    assert Plan().adopting(0, ["v2.flows.x"]) == Plan().adding(["v2.flows.x"])
    full = Plan().adding(users(1000, "presence")).adopting(0, ["v2.flows.x"])
    assert "v2.flows.x" in full.channels[1].names


class Planning(RuleBasedStateMachine):
    """Adding and removing in any order, against a set; channels of three places."""

    asked = Bundle("asked")

    def __init__(self) -> None:
        super().__init__()
        self.plan, self.model = Plan(), set[str]()

    @rule(target=asked, added=st.lists(topics, max_size=5))
    def add(self, added):
        before = self.plan
        self.plan = before.adding(added)
        self.model |= set(added)
        for old, new in zip(before.channels, self.plan.channels, strict=False):
            assert old.names.items() <= new.names.items(), "a topic moved"
        return multiple(*added)

    @rule(topic=consumes(asked))
    def remove(self, topic):
        before = self.plan
        self.plan = before.removing([topic])
        self.model.discard(topic)
        for old, new in zip(before.channels, self.plan.channels, strict=True):
            assert new.names.items() <= old.names.items(), "a topic moved"

    @invariant()
    def holds(self):
        assert self.plan.topics == self.model
        assert sum(len(channel.names) for channel in self.plan.channels) == len(self.model), (
            "a topic is there twice"
        )
        for channel in range(len(self.plan.channels)):
            entries = self.plan.entries(channel)
            assert len(entries) <= 3
            channel_topics = self.plan.channels[channel]
            packed = [entry for group in channel_topics.packed.values() for entry in group]
            assert set(packed) == set(combine_topics(channel_topics.names.values()))
            assert channel_topics.places == len(packed)
            names = {name for entry in entries for name in expand_topic(entry)}
            assert names == set(self.plan.channels[channel].names.values())


@pytest.fixture(autouse=True)
def _small_channels(request, monkeypatch):
    if request.node.name.startswith("test_planning"):
        monkeypatch.setattr("genesys_core.notifications.subscriptions.MAX_TOPICS", 3)


def test_planning():
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Planning, settings=settings(max_examples=examples(60), stateful_step_count=20)
    )


def test_a_template_is_no_topic_to_subscribe_to():
    with pytest.raises(InvalidValueError, match=r"'v2.users.\{id\}.presence': is a template"):
        Plan().adding(["v2.users.{id}.presence"])


def test_a_plan_knows_what_a_channel_holds():
    plan = Plan().adding(["v2.users.U.presence"])
    assert plan.holds(0, ["v2.users.u.presence", "other"])
    assert not plan.holds(0, ["other"])
    assert not plan.holds(1, ["v2.users.u.presence"])


def test_unchanged_channels_are_the_same_objects():
    plan = Plan().adding(users(1500, "presence"))
    first, second = plan.adding(["v2.flows.f-1"]).channels
    assert first is plan.channels[0]
    assert second is not plan.channels[1]
    assert plan.removing(["v2.flows.f-1"]).channels == plan.channels
    first, second = plan.removing(["v2.users.user-7.presence"]).channels
    assert first is not plan.channels[0]
    assert second is plan.channels[1]


@pytest.mark.parametrize("step", ["adding", "removing"])
def test_the_work_of_changing_topics_one_by_one_is_linear(step):
    def one_by_one(count):
        topics = users(count, "presence", "station")
        plan = Plan() if step == "adding" else Plan().adding(topics)

        def change():
            changed = plan
            for topic in topics:
                changed = getattr(changed, step)([topic])

        return change

    assert growth(one_by_one, 500) < 6  # 16 if each looked at all others
