"""Assignment of topics to channels.

Invariants: a topic stays on its channel. Adding and removing others never moves it, so no change of
subscriptions interrupts the others. Topics are subscribed individually as long as they fit, because
only then does the platform report which one it rejects; combined topics are used if the channels
would be full otherwise.

The limits are the platform's: 1,000 topics per channel, 20 channels per user and client, and 200
characters for a (combined) topic, ``prefix?suffix1&suffix2``, which counts as one and whose events
arrive as ``prefix.suffix1`` and ``prefix.suffix2``.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, TypeAlias

from msgspec import Struct

from genesys_core.checks import Expected
from genesys_core.errors import InvalidValueError

__all__ = ["MAX_CHANNELS", "MAX_TOPICS", "Plan", "combine_topics", "expand_topic", "is_automatic"]

MAX_TOPICS: Final = 1_000
"""Maximum number of topics on a channel; a combined topic counts as one."""

MAX_CHANNELS: Final = 20
"""Maximum number of channels per user and client; a 21st displaces the least recently used."""

MAX_LENGTH: Final = 200
"""Maximum length of a topic; combined ones are kept below it, as in the platform's own client."""

_TOPIC = re.compile(r"[^\s?&.]+(\.[^\s?&.]+)*(\?[^\s?&]+(&[^\s?&]+)*)?")
# Ids contain digits or hyphens, suffixes such as `routingStatus` do not.
_SUFFIX = re.compile(r"[A-Za-z_]+")


_TOPIC_NAME: Final = Expected("a topic", "'v2.users.1234.presence'", (str,))


@lru_cache(4096)  # called for each event
def is_automatic(topic: str) -> bool:
    """Return whether a topic arrives without a subscription, which the platform would reject."""
    name = topic.lower()
    return name == "channel.metadata" or name.startswith("v2.system.")


def expand_topic(topic: str) -> tuple[str, ...]:
    """Return the names under which events of a (combined) topic arrive.

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
    """Combine topics into as few as possible, in the order of their first parts.

    Only suffixes of one resource can be combined: ``v2.users.{id}.presence`` and
    ``v2.users.{id}.station`` become ``v2.users.{id}?presence&station``.
    """
    groups: dict[str, list[str]] = {}
    for topic in topics:
        groups.setdefault(_group(topic), []).append(topic)
    return tuple(entry for group in groups.values() for entry in _packed(group))


def _group(topic: str) -> str:
    """Return the common part of topics that can be combined, or the topic itself."""
    prefix, _, suffix = topic.rpartition(".")
    if prefix.count(".") < 2 or _SUFFIX.fullmatch(suffix) is None:
        return topic.lower()
    return prefix.lower() + "."


def _packed(topics: list[str]) -> list[str]:
    """Combine the topics of one resource, each up to the maximum length."""
    entries: list[str] = []
    for topic in topics:
        suffix = topic.rpartition(".")[2]
        if entries and len(entries[-1]) + 1 + len(suffix) < MAX_LENGTH:
            entries[-1] = _joined(entries[-1], suffix)
        else:
            entries.append(topic)
    return entries


def _joined(entry: str, suffix: str) -> str:
    if "?" in entry:
        return f"{entry}&{suffix}"
    prefix, _, first = entry.rpartition(".")
    return f"{prefix}?{first}&{suffix}"


_TopicNames: TypeAlias = Mapping[str, str]
"""Topics as the caller wrote them, by their names in lower case."""


class Plan(Struct, frozen=True):
    """An immutable assignment of topics to channels.

    Attributes:
        channels: the topics of each channel by their names in lower case.
        max_channels: maximum number of channels; reduce it if other programs of the same user and
            client need some of the platform's 20.
    """

    channels: tuple[_TopicNames, ...] = ()
    max_channels: int = MAX_CHANNELS

    @property
    def topics(self) -> frozenset[str]:
        """All topics, as the caller wrote them, combined ones split."""
        return frozenset(topic for channel in self.channels for topic in channel.values())

    def entries(self, channel: int) -> frozenset[str]:
        """Return the topics to subscribe on a channel: at most 1,000, combined if necessary."""
        topics = self.channels[channel].values()
        return frozenset(topics if len(topics) <= MAX_TOPICS else combine_topics(topics))

    def holds(self, channel: int, names: Iterable[str]) -> bool:
        """Return whether any of these names, in lower case, is on a channel."""
        return channel < len(self.channels) and any(n in self.channels[channel] for n in names)

    def adding(self, topics: Iterable[str]) -> "Plan":
        """Return the plan with topics added; automatic topics need no subscription.

        Raises:
            InvalidValueError: a topic is malformed, or there are more topics than fit on the
                channels.
        """
        draft = [_PlanDraft(channel) for channel in self.channels]
        for topic in _expanded(topics):
            if not any(topic.lower() in channel.topics for channel in draft):
                self._place(topic, draft)
        return self._with(draft)

    def adopting(self, channel: int, topics: Iterable[str]) -> "Plan":
        """Return the plan with the topics that a channel is already subscribed to.

        Raises:
            InvalidValueError: as :meth:`adding`.
        """
        draft = [_PlanDraft(known) for known in self.channels]
        draft += [_PlanDraft({}) for _ in range(channel + 1 - len(draft))]
        for topic in _expanded(topics):
            if not any(topic.lower() in known.topics for known in draft):
                self._place(topic, [draft[channel]] if draft[channel].takes(topic) else draft)
        return self._with(draft)

    def removing(self, topics: Iterable[str]) -> "Plan":
        """Return the plan without some topics; other topics stay on their channels."""
        gone = {topic.lower() for topic in _expanded(topics)}
        kept = (
            {name: topic for name, topic in channel.items() if name not in gone}
            for channel in self.channels
        )
        return Plan(tuple(kept), self.max_channels)

    def _place(self, topic: str, draft: "list[_PlanDraft]") -> None:
        takers = [channel for channel in draft if channel.takes(topic)]
        related = (channel for channel in takers if channel.knows(topic))
        channel = next(related, None) or next(iter(takers), None)
        if channel is None:
            if len(draft) >= self.max_channels:
                raise _too_many(self.max_channels)
            channel = _PlanDraft({})
            draft.append(channel)
        channel.add(topic)

    def _with(self, draft: "list[_PlanDraft]") -> "Plan":
        return Plan(tuple(channel.topics for channel in draft), self.max_channels)


class _PlanDraft:
    """A channel under construction, which counts its topics when combined."""

    def __init__(self, topics: _TopicNames) -> None:
        self.topics = dict(topics)
        self._groups: dict[str, list[str]] = {}
        for topic in topics.values():
            self._groups.setdefault(_group(topic), []).append(topic)
        self._places = sum(len(_packed(group)) for group in self._groups.values())

    def knows(self, topic: str) -> bool:
        return _group(topic) in self._groups

    def takes(self, topic: str) -> bool:
        return self._places < MAX_TOPICS or self._growth(topic) == 0

    def add(self, topic: str) -> None:
        self._places += self._growth(topic)
        self._groups.setdefault(_group(topic), []).append(topic)
        self.topics[topic.lower()] = topic

    def _growth(self, topic: str) -> int:
        group = self._groups.get(_group(topic), [])
        return len(_packed([*group, topic])) - len(_packed(group))


def _expanded(topics: Iterable[str]) -> list[str]:
    single = [name for topic in topics for name in expand_topic(topic)]
    template = next((topic for topic in single if "{" in topic), None)
    if template is not None:
        raise InvalidValueError(f"topic {template!r}: is a template; replace {{id}} with an id")
    return [topic for topic in single if not is_automatic(topic)]


def _too_many(max_channels: int) -> InvalidValueError:
    return InvalidValueError(
        f"topics: do not fit on {max_channels} channels of {MAX_TOPICS:,}. The platform allows "
        f"{MAX_CHANNELS} channels for each user and OAuth client, and displaces the oldest if there are more. Subscribe to fewer topics, to topics of groups or queues instead of "
        "users, with a second OAuth client, or use the platform's EventBridge integration"
    )
