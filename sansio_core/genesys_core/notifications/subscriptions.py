"""Assignment of topics to channels.

Invariants: a topic stays on its channel. Adding or removing other topics never moves it, so no
change interrupts the remaining subscriptions. Topics are subscribed individually as long as they
fit, because only then does the platform report which one it rejects; combined topics are used if
the channels would be full otherwise.

The limits are the platform's: 1,000 topics per channel, 20 channels per user and OAuth client, and
200 characters for a topic. A combined topic, ``prefix?suffix1&suffix2``, counts as one topic; its
events arrive as ``prefix.suffix1`` and ``prefix.suffix2``.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from typing import Final

from msgspec import Struct

from genesys_core.checks import Expected
from genesys_core.errors import InvalidValueError

__all__ = [
    "MAX_CHANNELS",
    "MAX_TOPICS",
    "ChannelTopics",
    "Plan",
    "combine_topics",
    "expand_topic",
    "is_automatic",
]

MAX_TOPICS: Final = 1_000
"""Maximum number of topics on a channel; a combined topic counts as one."""

MAX_CHANNELS: Final = 20
"""Maximum number of channels per user and OAuth client; a 21st displaces the least recently used
one.
"""

MAX_LENGTH: Final = 200
"""Maximum length of a topic in characters; this library combines topics up to 199 characters, as
the platform's own client does.
"""

_TOPIC = re.compile(r"[^\s?&.]+(\.[^\s?&.]+)*(\?[^\s?&]+(&[^\s?&]+)*)?")
# Ids contain digits or hyphens, suffixes such as `routingStatus` do not.
_SUFFIX = re.compile(r"[A-Za-z_]+")


_TOPIC_NAME: Final = Expected("a topic", "'v2.users.1234.presence'", (str,))


@lru_cache(4096)  # called for each event
def is_automatic(topic: str) -> bool:
    """Return whether the platform sends a topic's events without a subscription.

    The platform rejects subscriptions to such topics.
    """
    name = topic.lower()
    return name == "channel.metadata" or name.startswith("v2.system.")


def expand_topic(topic: str) -> tuple[str, ...]:
    """Split a combined topic into its individual topics; any other topic is the only element.

    Raises:
        InvalidValueError: the topic is malformed.
    """
    _TOPIC_NAME.check("topic", topic)
    if len(topic) > MAX_LENGTH or _TOPIC.fullmatch(topic) is None:
        raise InvalidValueError(
            f"topic {topic[:MAX_LENGTH]!r}: must be segments joined by dots, such as "
            "v2.users.{id}.presence, or combined, such as v2.users.{id}?presence&station, "
            f"of at most {MAX_LENGTH} characters"
        )
    prefix, mark, suffixes = topic.partition("?")
    return tuple(f"{prefix}.{suffix}" for suffix in suffixes.split("&")) if mark else (topic,)


def combine_topics(topics: Iterable[str]) -> tuple[str, ...]:
    """Combine the topics of each resource, in order of the resources' first occurrence.

    For example, ``v2.users.{id}.presence`` and ``v2.users.{id}.station`` become
    ``v2.users.{id}?presence&station``.
    """
    groups: dict[str, list[str]] = {}
    for topic in topics:
        groups.setdefault(_group(topic), []).append(topic)
    return tuple(entry for group in groups.values() for entry in _packed(group))


def _group(topic: str) -> str:
    """Return the prefix by which a topic can be combined; the topic if it cannot be combined."""
    prefix, _, suffix = topic.rpartition(".")
    # A resource is a kind and an id at least: v2.users.{id}.
    if prefix.count(".") < 2 or _SUFFIX.fullmatch(suffix) is None:
        return topic.lower()
    return prefix.lower() + "."


def _packed(topics: Iterable[str]) -> tuple[str, ...]:
    """Combine the topics of one resource, each up to the maximum length."""
    entries: list[str] = []
    for topic in topics:
        suffix = topic.rpartition(".")[2]
        # The suffix and its "?" or "&"; the dot before the first suffix becomes the "?".
        if entries and len(entries[-1]) + 1 + len(suffix) < MAX_LENGTH:
            entries[-1] = _joined(entries[-1], suffix)
        else:
            entries.append(topic)
    return tuple(entries)


def _joined(entry: str, suffix: str) -> str:
    if "?" in entry:
        return f"{entry}&{suffix}"
    prefix, _, first = entry.rpartition(".")
    return f"{prefix}?{first}&{suffix}"


class ChannelTopics(Struct, frozen=True):
    """The topics of one channel, indexed so that adding a topic does not require counting all.

    Attributes:
        names: the topics as spelled by the caller, keyed by lower-case name.
        groups: the topics that can be combined with each other, by their common prefix.
        packed: the combined topics of each group, by the same prefix.
        places: total number of topics in ``packed``, at most :data:`MAX_TOPICS`.
    """

    names: dict[str, str] = {}
    groups: dict[str, tuple[str, ...]] = {}
    packed: dict[str, tuple[str, ...]] = {}
    places: int = 0

    @property
    def entries(self) -> frozenset[str]:
        """The topics to subscribe to: at most 1,000, combined if necessary."""
        if len(self.names) <= MAX_TOPICS:
            return frozenset(self.names.values())
        return frozenset(chain.from_iterable(self.packed.values()))


class Plan(Struct, frozen=True):
    """An immutable assignment of topics to channels.

    Attributes:
        channels: the topics of each channel. Unchanged channels are the same objects in the next
            plan.
        max_channels: maximum number of channels; reduce it if other programs with the same user and
            OAuth client need some of the platform's 20.
    """

    channels: tuple[ChannelTopics, ...] = ()
    max_channels: int = MAX_CHANNELS

    @property
    def topics(self) -> frozenset[str]:
        """All topics as spelled by the caller, with combined topics split."""
        return frozenset(topic for channel in self.channels for topic in channel.names.values())

    def entries(self, channel: int) -> frozenset[str]:
        """Return the topics to subscribe to on a channel: at most 1,000, combined if necessary."""
        return self.channels[channel].entries

    def holds(self, channel: int, names: Iterable[str]) -> bool:
        """Return whether a channel has any of the topics with these names, in lower case."""
        return channel < len(self.channels) and any(
            n in self.channels[channel].names for n in names
        )

    def adding(self, topics: Iterable[str]) -> "Plan":
        """Return the plan with topics added, except automatic topics, which need no subscription.

        Raises:
            InvalidValueError: a topic is malformed, or there are more topics than fit on the
                channels.
        """
        draft = [_Draft(channel) for channel in self.channels]
        for topic in _expanded(topics):
            if not any(topic.lower() in channel.names for channel in draft):
                self._place(topic, draft)
        return self._with(draft)

    def adopting(self, channel: int, topics: Iterable[str]) -> "Plan":
        """Return the plan with the existing subscriptions of a channel added.

        Raises:
            InvalidValueError: see :meth:`adding`.
        """
        draft = [_Draft(known) for known in self.channels]
        draft += [_Draft(ChannelTopics()) for _ in range(channel + 1 - len(draft))]
        for topic in _expanded(topics):
            if not any(topic.lower() in known.names for known in draft):
                # On its own channel, where the platform has it; on another only if that one is
                # full.
                self._place(topic, [draft[channel]] if draft[channel].takes(topic) else draft)
        return self._with(draft)

    def removing(self, topics: Iterable[str]) -> "Plan":
        """Return the plan without the given topics; all other topics stay on their channels."""
        draft = [_Draft(channel) for channel in self.channels]
        for topic in _expanded(topics):
            for channel in draft:
                channel.remove(topic.lower())
        return self._with(draft)

    def _place(self, topic: str, draft: "list[_Draft]") -> None:
        # Beside topics of the same resource, it can be combined with them if the channel gets full.
        takers = [channel for channel in draft if channel.takes(topic)]
        related = (channel for channel in takers if channel.knows(topic))
        channel = next(related, None) or next(iter(takers), None)
        if channel is None:
            if len(draft) >= self.max_channels:
                raise _too_many(self.max_channels)
            channel = _Draft(ChannelTopics())
            draft.append(channel)
        channel.add(topic)

    def _with(self, draft: "list[_Draft]") -> "Plan":
        return Plan(tuple(channel.finish() for channel in draft), self.max_channels)


class _Draft:
    """A channel of the next plan while it is constructed.

    Until its first change it shares the topics of the previous plan's channel, so that adding a
    topic copies only one channel.
    """

    def __init__(self, channel: ChannelTopics) -> None:
        self._before = channel
        self._is_copy = False
        self.names = channel.names
        self._groups = channel.groups
        self._packed = channel.packed
        self._places = channel.places

    def knows(self, topic: str) -> bool:
        return _group(topic) in self._groups

    def takes(self, topic: str) -> bool:
        if self._places < MAX_TOPICS:
            return True
        # Full, but it may still fit into one of the combined topics.
        name = _group(topic)
        packed = _packed((*self._groups.get(name, ()), topic))
        return len(packed) == len(self._packed.get(name, ()))

    def add(self, topic: str) -> None:
        self._copy()
        self.names[topic.lower()] = topic
        name = _group(topic)
        self._regroup(name, (*self._groups.get(name, ()), topic))

    def remove(self, name: str) -> None:
        if name not in self.names:
            return
        self._copy()
        topic = self.names.pop(name)
        group = _group(topic)
        self._regroup(group, tuple(each for each in self._groups[group] if each != topic))

    def finish(self) -> ChannelTopics:
        if not self._is_copy:
            return self._before
        return ChannelTopics(self.names, self._groups, self._packed, self._places)

    def _copy(self) -> None:
        if not self._is_copy:
            self._is_copy = True
            self.names = dict(self.names)
            self._groups = dict(self._groups)
            self._packed = dict(self._packed)

    def _regroup(self, name: str, topics: tuple[str, ...]) -> None:
        self._places -= len(self._packed.pop(name, ()))
        self._groups.pop(name, None)
        if topics:
            self._groups[name] = topics
            self._packed[name] = _packed(topics)
            self._places += len(self._packed[name])


def _expanded(topics: Iterable[str]) -> list[str]:
    single = [name for topic in topics for name in expand_topic(topic)]
    template = next((topic for topic in single if "{" in topic), None)
    if template is not None:
        raise InvalidValueError(f"topic {template!r}: is a template; replace {{id}} with an id")
    return [topic for topic in single if not is_automatic(topic)]


def _too_many(max_channels: int) -> InvalidValueError:
    return InvalidValueError(
        f"topics: too many for {max_channels} channels of {MAX_TOPICS:,} topics each. The "
        "platform allows "
        f"{MAX_CHANNELS} channels for each user and OAuth client, and displaces the least "
        "recently used if there are more. Subscribe to fewer topics, to topics of groups or queues instead of users, or with "
        "a second OAuth client, or use the platform's EventBridge integration"
    )
