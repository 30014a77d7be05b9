"""Topics whose events no operation causes, each with the reason.

Invariants: every topic in the topic map either has a cause or is listed here.
"""

from collections.abc import Iterator, Mapping
from typing import Final

__all__ = ["UNCAUSED_TOPICS"]

_REASONS: Final[Mapping[str, tuple[str, ...]]] = {
    "the platform updates the analytics data lake on its own schedule": (
        "v2.analytics.conversations.details.jobs.availability",
        "v2.analytics.users.details.jobs.availability",
    ),
    "flows run on the platform; the simulator does not execute them": (
        "v2.analytics.flow.{id}.aggregates",
        "v2.analytics.flow.{id}.metrics",
        "v2.analytics.flowoutcome.{id}.aggregates",
        "v2.bot.conversation.{id}.conversations.summaries",
        "v2.detail.events.conversation.{id}.flow.outcome",
        "v2.workflows.{id}.conversations.inbound.typing.event",
    ),
    "the platform analyzes speech and text with its own models": (
        "v2.conversations.{id}.suggestions.intent",
        "v2.conversations.{id}.transcription",
        "v2.speechandtextanalytics.conversation.{id}.empathy",
        "v2.speechandtextanalytics.conversation.{id}.sentiment",
        "v2.speechandtextanalytics.conversation.{id}.topics",
        "v2.speechandtextanalytics.conversations.{id}.categories",
    ),
    "the platform's dialer calls contacts; the simulator does not dial": (
        "v2.detail.events.conversation.{id}.outbound",
        *(
            f"v2.outbound.{kind}.campaigns.contact.{side}Contact"
            for kind in ("email", "messaging", "preview", "voice", "whatsapp")
            for side in ("post", "pre")
        ),
    ),
    "telephony records voicemail; the simulator has no telephony": (
        "v2.detail.events.conversation.{id}.voicemail.end",
        "v2.detail.events.conversation.{id}.voicemail.start",
    ),
    "events come from a customer's browser or device": (
        "v2.externalcontacts.contacts.{id}.journey.sessions",
        "v2.webmessaging.deployments.{id}.undelivered.messages",
    ),
    "the definition no longer has operations in this family": (
        "v2.managementunits.{id}.workforcemanagement.intraday",
        "v2.routing.queues.{id}.conversations.chats",
        "v2.users.{id}.conversations.chats",
        "v2.workforcemanagement.managementunits.{id}.schedules",
    ),
    "the simulator's management units have no agents": (
        "v2.workforcemanagement.managementunits.{id}.adherence",
    ),
    "events report faults in the platform itself": ("v2.operations.events.{id}",),
    "events come from telephony hardware": (
        "v2.telephony.providers.edges.trunks.{id}",
        "v2.telephony.providers.edges.trunks.{id}.metrics",
        "v2.telephony.providers.edges.{id}.metrics",
        "v2.users.{id}.persistentconnection",
    ),
    "events come from external calendars": ("v2.users.{id}.integrations.calendar.teams",),
}


def _by_topic() -> Iterator[tuple[str, str]]:
    for reason, topics in _REASONS.items():
        for topic in topics:
            yield topic, reason


UNCAUSED_TOPICS: Final[Mapping[str, str]] = dict(_by_topic())
"""The reason why no operation causes a topic's events, by topic; see ``Simulator.make_event``."""
