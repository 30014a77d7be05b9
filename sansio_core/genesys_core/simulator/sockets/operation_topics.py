"""Topics whose names do not reveal the operations that cause their events.

Invariants: each cause names operations in the definition. An API call causes one event on a topic,
or one for each item in its body or for each agent. Topics named like the changed resource's path
have rules; see :mod:`genesys_core.simulator.sockets.event_rules`. Guesses: which operations cause
which events; the user who requested a computation receives the event with its result.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from msgspec import Struct

from genesys_core.simulator.state.examples import Json

__all__ = ["TOPIC_CAUSES", "TopicCause", "causes_of"]


class TopicCause(Struct, frozen=True):
    """A topic, and the operations that cause its events.

    Attributes:
        topic: the topic, with ``{name}`` for a path parameter's value, ``{caller}`` for the token's
            user, ``{queue}`` for the queue in which the path's conversation is, ``{room}`` for a
            chat room, ``{group}`` for a group's chat room, ``{now}`` for the time, and ``{.name}``
            for a property in the body or the response.
        operations: the operations, each with method and path below ``/api/v2``.
        is_late: whether the events are published later than the response: when the job that the
            operation starts has ended or, without a job, after ``Settings.job_duration``.
        each: the name of a list in the body; each of its items causes an event. ``*`` if the body
            is the list; empty for a single event. ``agents`` causes an event for each agent in a
            message conversation with the sender in the body.
        needs: a property that must be present, or must have a value: ``name`` or ``name=value``.
        more: further properties for the event's body, with the same placeholders, and ``{*}`` for all
            values in the path, request and response.
    """

    topic: str
    operations: tuple[str, ...]
    is_late: bool = False
    each: str = ""
    needs: str = ""
    more: Mapping[str, Json] = {}

    @property
    def template(self) -> str:
        """The template of the topic, as spelled in the topic map."""
        return re.sub(r"\{[^}]*\}", "{id}", self.topic)


def _late(topic: str, *operations: str, **more: Json) -> TopicCause:
    return TopicCause(topic, operations, is_late=True, more=more)


def _at_once(topic: str, *operations: str, **more: Json) -> TopicCause:
    return TopicCause(topic, operations, more=more)


def _below(base: str, *rest: str) -> tuple[str, ...]:
    """Return operations, each with its method and the rest of its path."""
    return tuple(each.replace(" ", f" {base}", 1) for each in rest)


_CONVERSATION: Final = "/conversations/{conversationId}"
_PARTIES: Final = f"{_CONVERSATION}/participants/{{participantId}}"
_CHECKLISTS: Final = f"{_CONVERSATION}/communications/{{communicationId}}/agentchecklists"
_SUGGESTION: Final = f"{_CONVERSATION}/suggestions/{{suggestionId}}"
_ROOM: Final = "/chats/rooms/{roomJid}/messages"
_CAMPAIGN: Final = "/outbound/campaigns/{campaignId}"
_MESSAGING: Final = "/outbound/messagingcampaigns/{messagingCampaignId}"
_JOURNEY: Final = "/journey/deployments/{deploymentId}"
_WFM: Final = "/workforcemanagement"
_BUSINESS: Final = f"{_WFM}/businessunits/{{businessUnitId}}"
_UNIT: Final = f"{_WFM}/managementunits/{{managementUnitId}}"
_PLANS: Final = f"{_BUSINESS}/activityplans/{{activityPlanId}}"
_OCCURRENCE: Final = f"{_PLANS}/occurrences/{{occurrenceId}}"
_FORECASTS: Final = f"{_BUSINESS}/weeks/{{weekDateId}}/shorttermforecasts"
_EXPORTS: Final = f"{_BUSINESS}/mainforecast/continuousforecast/session/export"
_SCHEDULES: Final = f"{_BUSINESS}/weeks/{{weekId}}/schedules"
_PREDICTIONS: Final = f"{_SCHEDULES}/{{scheduleId}}/performancepredictions/recalculations"
_TRADES: Final = f"{_UNIT}/weeks/{{weekDateId}}/shifttrades"
_SUMMARIES: Final = f"{_PARTIES}/communications/{{communicationId}}/summaries"

_MEDIA: Final = (
    ("cobrowseSessions", "PUT /conversations/cobrowsesessions/{conversationId}/recordingstate"),
    ("screenshares", "PUT /conversations/screenshares/{conversationId}/recordingstate"),
    ("socialexpressions", "PUT /conversations/socials/{conversationId}/recordingstate"),
    ("videos", "PUT /conversations/videos/{conversationId}/recordingstate"),
)
_SUGGESTIONS: Final = (
    ("knowledge.article", "KnowledgeArticle"),
    ("knowledge.search", "KnowledgeSearch"),
    ("response", "CannedResponse"),
    ("script", "Script"),
    ("thirdpartyaction", "ThirdPartySuggestion"),
)
_STATUS: Final = ("POST {}/start", "POST {}/stop", "DELETE {}/progress")


def _contact_center() -> Iterator[TopicCause]:
    yield _at_once(
        "v2.conversations.{conversationId}.agentchecklist",
        *_below(_CHECKLISTS, "POST /{agentChecklistId}", "POST /{agentChecklistId}/agentaction"),
        f"POST {_CHECKLISTS}/finalize",
    )
    for name, kind in _SUGGESTIONS:
        yield TopicCause(
            f"v2.conversations.{{conversationId}}.suggestions.{name}",
            (f"PATCH {_SUGGESTION}", f"POST {_SUGGESTION}/engagement"),
            needs=f"type={kind}",
        )
    for name, operation in _MEDIA:
        for owner in ("users.{caller}", "routing.queues.{queue}"):
            topic = f"v2.{owner}.conversations.{name}"
            yield _at_once(topic, operation, id="{conversationId}")
    contact = f"PUT /externalcontacts{_CONVERSATION}"
    replaced = f"POST {_PARTIES}/replace/contact/external"
    yield _at_once("v2.detail.events.conversation.{conversationId}.contact", contact, replaced)
    secure = f"POST {_PARTIES}/secureivrsessions"
    yield _at_once("v2.detail.events.conversation.{conversationId}.flow.start", secure)
    yield _late("v2.detail.events.conversation.{conversationId}.flow.end", secure)
    yield _at_once("v2.flows.instances.flow.{.flowId}", "POST /flows/executions")
    asked = (
        f"POST {_SUMMARIES.replace('conversations', f'conversations/{each}', 1)}"
        for each in ("calls", "messages")
    )
    yield _late("v2.users.{caller}.conversations.summaries", *asked)
    preview = "v2.users.{caller}.conversations.summaries.settings.preview"
    yield _late(preview, "POST /conversations/summaries/preview", userId="{caller}")
    yield TopicCause(
        "v2.users.{.userId}.conversations.inbound.typing.event",
        ("POST /conversations/messages/{integrationId}/inbound/open/event",),
        each="agents",
        more={"normalizedMessage": "{*}"},
    )
    yield _at_once(
        "v2.video.conferences.{conversationId}",
        "POST /conversations/videos/{conversationId}/agentconference/communications/{communicationId}",
        conferenceId="{conversationId}",
    )


def _organization() -> Iterator[TopicCause]:
    yield _late(
        "v2.architect.dependencytracking.build",
        "POST /architect/dependencytracking/build",
        status="OPERATIONAL",
        user={"id": "{caller}"},
        startTime="{now}",
    )
    said = (f"POST {_ROOM}", f"PATCH {_ROOM}/{{messageId}}", f"DELETE {_ROOM}/{{messageId}}")
    yield _at_once("v2.detail.events.collaboratechat.adhoc.{room}.messages", *said)
    yield _at_once("v2.detail.events.collaboratechat.group.{group}.messages", *said)
    yield _at_once(
        "v2.users.{userId}.badges.chats",
        "POST /chats/users/{userId}/messages",
        entity={"jabberId": "{userId}"},
    )
    promoted = "POST /externalcontacts/contacts/{contactId}/promotion"
    yield _at_once("v2.externalcontacts.contacts.{contactId}.unresolved", promoted)
    yield TopicCause(
        "v2.gamification.scorecards.users.{.userId}",
        ("POST /employeeperformance/externalmetrics/data",),
        each="items",
    )
    invoked = "POST /integrations/webhooks/{tokenId}/events"
    yield _at_once(
        "v2.integrations.inbound.webhook.{tokenId}.invocation",
        invoked,
        webhookId="{tokenId}",
        invocationTime="{now}",
        webhooksInvocation={"body": "{*}"},
    )
    web, app = f"POST {_JOURNEY}/webevents", f"POST {_JOURNEY}/appevents"
    yield _at_once("v2.journey.sessions.{.session}.web.events", web, webEvent="{*}")
    yield _at_once("v2.journey.sessions.{.session}.app.events", app, appEvent="{*}")
    action = "v2.journey.sessions.{.sessionId}.action.events"
    yield _at_once(action, f"POST {_JOURNEY}/actionevent", webActionEvent="{*}")
    yield TopicCause(
        "v2.journey.sessions.{.sessionId}.outcome.events",
        ("POST /journey/outcomes/attributions/jobs",),
        is_late=True,
        each="entities",
        more={"outcomeAttributionEventMessage": "{*}"},
    )
    viewed = "POST /journey/views/{viewId}/versions/{journeyVersionId}/jobs"
    yield _late("v2.journey.views.jobs.{.id}.notification", viewed)
    exports = "v2.users.{caller}.analytics.reporting.exports"
    yield _late(exports, "POST /analytics/reporting/exports")
    praised = "v2.users.{.recipientId}.employeeengagement.celebrations"
    yield _at_once(
        praised, "POST /employeeengagement/recognitions", recipient={"id": "{.recipientId}"}
    )
    yield TopicCause(
        "v2.users.{.userId}.integrationpresence",
        ("PUT /integrations/unifiedcommunications/{ucIntegrationId}/thirdpartypresences",),
        each="*",
    )
    station: dict[str, Json] = {"associatedStation": {"id": "{stationId}"}}
    for user, path in (("{userId}", "/users/{userId}/station"), ("{caller}", "/users/stations/me")):
        operations = _below(path, "PUT /associatedstation/{stationId}", "DELETE /associatedstation")
        yield TopicCause(f"v2.users.{user}.station", operations, more=station)
    ruled = "v2.wem.learning.assignments.modules.{moduleId}"
    modules: list[Json] = [{"module": {"id": "{moduleId}"}}]
    yield _late(ruled, "PUT /learning/modules/{moduleId}/rule", entities=modules, total=1)


def _outbound() -> Iterator[TopicCause]:
    campaign = tuple(each.format(_CAMPAIGN) for each in _STATUS)
    about: dict[str, Json] = {"campaign": {"id": "{campaignId}"}}
    for suffix in ("progress", "skillstats"):
        yield TopicCause(f"v2.outbound.campaigns.{{campaignId}}.{suffix}", campaign, more=about)
    group: dict[str, Json] = {"group": {"outboundCampaignId": "{campaignId}"}}
    yield TopicCause("v2.outbound.campaigns.{campaignId}.stats", campaign, more=group)
    messaging = tuple(each.format(_MESSAGING) for each in _STATUS)
    for kind, needs in (
        ("messaging", ""),
        ("email", "emailConfig"),
        ("whatsapp", "whatsAppConfig"),
    ):
        yield TopicCause(
            f"v2.outbound.{kind}campaigns.{{messagingCampaignId}}.progress",
            messaging,
            needs=needs,
            more={"campaign": {"id": "{messagingCampaignId}"}},
        )
    uploads, begun = "POST /outbound/contactlists/uploads", {"importState": "IN_PROGRESS"}
    for kind, name in (("contactlists", "id"), ("importtemplates", "importTemplateId")):
        yield _at_once(f"v2.outbound.{kind}.{{.{name}}}.importstatus", uploads, **begun)
    listed = "POST /outbound/dnclists/uploads"
    yield _at_once("v2.outbound.dnclists.{.id}.importstatus", listed, **begun)
    for kind, name in (("contactlists", "contactListId"), ("dnclists", "dncListId")):
        topic = f"v2.users.{{caller}}.outbound.{kind}.{{{name}}}.export"
        exported = f"POST /outbound/{kind}/{{{name}}}/export"
        yield _late(topic, exported, uri="{.selfUri}", exportTimestamp="{now}")


def _workforce_of_units() -> Iterator[TopicCause]:
    units = "v2.workforcemanagement.businessunits.{businessUnitId}"
    intraday = "v2.businessunits.{businessUnitId}.workforcemanagement.intraday"
    yield _late(intraday, f"POST {_BUSINESS}/intraday")
    moved: dict[str, Json] = {"destinationManagementUnit": {"id": "{.destinationManagementUnitId}"}}
    yield _late("v2.workforcemanagement.agents", f"POST {_WFM}/agents", **moved)
    published = f"POST {_BUSINESS}/opportunities/bulk/publish"
    yield _at_once("v2.workforcemanagement.agents.opportunities", published)
    yield _late(
        f"{units}.activityplans.jobs",
        f"POST {_PLANS}/deletions/jobs",
        *_below(_OCCURRENCE.removesuffix("/{occurrenceId}"), "POST /deletions/jobs"),
        *_below(_OCCURRENCE, "POST /sessions/deletions/jobs"),
        f"POST {_OCCURRENCE}/sessions/{{sessionId}}/users/deletions/jobs",
    )
    yield _late(f"{units}.activityplans.runs.jobs", f"POST {_PLANS}/runs/jobs")
    plan = f"{_BUSINESS}/capacityplans/{{capacityPlanId}}/requirement/generate"
    yield _late(f"{units}.capacityplans.{{capacityPlanId}}.staffingrequirements", f"POST {plan}")
    yield _late(f"{units}.forecasts.staffingrequirement", f"POST {_FORECASTS}/generate")
    for kind in ("forecast", "historical", "snapshot"):
        yield _late(f"{units}.main.forecast.export.{kind}", f"POST {_EXPORTS}/{kind}/jobs")
    changes = ("/import", "/{scheduleId}/copy", "/{scheduleId}/update")
    yield _late(
        f"{units}.schedules",
        *(f"POST {_SCHEDULES}{each}" for each in changes),
        f"DELETE {_SCHEDULES}/{{scheduleId}}",
    )
    yield _at_once(f"{units}.shorttermforecasts", f"DELETE {_FORECASTS}/{{forecastId}}")
    yield _late(f"{units}.shorttermforecasts.copy", f"POST {_FORECASTS}/{{forecastId}}/copy")
    for kind in ("generate", "import"):
        yield _late(f"{units}.shorttermforecasts.{kind}", f"POST {_FORECASTS}/{kind}")
    removed = f"POST {_WFM}/historicaldata/bulk/remove/jobs"
    yield _late("v2.workforcemanagement.historicaldata.delete.jobs", removed)
    yield _late("v2.workforcemanagement.historicaldata.deletejob", removed)
    validated = f"POST {_WFM}/historicaldata/validate"
    yield _late("v2.workforcemanagement.historicaldata.status", validated)
    unit = "v2.workforcemanagement.managementunits.{managementUnitId}"
    yield _late(f"{unit}.agents.sync", f"PATCH {_UNIT}/agents")
    agents: list[Json] = [{"agentId": "{caller}"}]
    matched = f"POST {_TRADES}/{{tradeId}}/match"
    yield _at_once(f"{unit}.agentschedules.changed", matched, agents=agents)
    yield _late(f"{unit}.shifttrades.state.bulk", f"POST {_TRADES}/state/bulk")
    predicted = "v2.workforcemanagement.performanceprediction.schedules.{scheduleId}"
    yield _late(predicted, f"POST {_PREDICTIONS}")


def _workforce_of_users() -> Iterator[TopicCause]:
    user = "v2.users.{caller}.workforcemanagement"
    explained = f"{_WFM}/agents/{{agentId}}/adherence/explanations"
    yield _late(
        f"{user}.adherence.explanations.jobs",
        *_below(f"{_WFM}/adherence/explanations", "POST ", "POST /query"),
        *_below(explained, "POST ", "POST /query"),
        f"POST {_BUSINESS}/adherence/explanations/query",
    )
    mine = f"POST {_WFM}/agents/me/adherence/historical/jobs"
    yield _late(f"{user}.adherence.historical.agent", mine)
    yield _late(f"{user}.adherence.historical.bulk", f"POST {_WFM}/adherence/historical/bulk")
    searched = f"POST {_WFM}/agentschedules/managementunits/mine"
    yield _late(f"{user}.agentschedules.managementunit.search.complete", searched)
    yield _late(
        f"{user}.alternative.shift.jobs",
        *_below(f"{_WFM}/alternativeshifts", "POST /offers/jobs", "POST /offers/search/jobs"),
        f"PATCH {_WFM}/alternativeshifts/trades/state/jobs",
        f"POST {_BUSINESS}/alternativeshifts/trades/search",
    )
    yield _late(f"{user}.decisionmetrics.jobs", f"POST {_BUSINESS}/decisionmetrics/update")
    yield _late(
        f"{user}.historicaladherencequery",
        f"POST {_UNIT}/historicaladherencequery",
        f"POST {_WFM}/teams/{{teamId}}/adherence/historical",
    )
    hris = f"POST {_WFM}/integrations/hris/{{hrisIntegrationId}}/timeofftypes/jobs"
    yield _late(f"{user}.integrations.hris.timeofftypes.jobs", hris)
    yield TopicCause(
        f"{user}.notifications", (f"POST {_WFM}/notifications/update",), each="entities"
    )
    recalculations = f"{user}.performanceprediction.schedules.recalculations"
    yield _late(recalculations, f"POST {_PREDICTIONS}")
    matched = f"POST {_TRADES}/{{tradeId}}/match"
    yield _at_once(f"{user}.schedules", matched, user={"id": "{caller}"})
    trading = ("", "/mine/query", "/{tradeId}", "/{tradeId}/match", "/{tradeId}/state")
    below = (
        "trades/evaluate",
        "trades/query",
        "trades/state/bulk",
        "unmatched/search",
        "weeks/summary",
    )
    yield _late(
        f"{user}.shift.trading.jobs",
        *(f"POST {_WFM}/shifttrading/trades{each}/jobs" for each in trading),
        *(f"POST {_BUSINESS}/shifttrading/{each}/jobs" for each in below),
    )
    shrinkage = (f"POST {_UNIT}/shrinkage/jobs", f"POST {_WFM}/teams/{{teamId}}/shrinkage/jobs")
    yield _late(f"{user}.shrinkage.jobs", *shrinkage)
    member = f"{_UNIT}/users/{{userId}}"
    yield _late(
        f"{user}.timeoffbalance.jobs",
        f"POST {_WFM}/timeoffbalance/jobs",
        f"POST {member}/timeoffbalance/jobs",
        f"POST {member}/timeoffrequests/{{timeOffRequestId}}/timeoffbalance/jobs",
    )
    schedules = "v2.workforcemanagement.users.{caller}.schedules"
    queried = f"POST {_SCHEDULES}/{{scheduleId}}/agentschedules/query"
    yield _late(f"{schedules}.query", queried)
    yield _late(f"{schedules}.search", f"POST {_BUSINESS}/agentschedules/search")


TOPIC_CAUSES: Final = (
    *_contact_center(),
    *_organization(),
    *_outbound(),
    *_workforce_of_units(),
    *_workforce_of_users(),
)
"""The topics whose events are caused by operations, each with these operations."""


def causes_of(method: str, template: str) -> Sequence[TopicCause]:
    """Return the topics whose events an operation causes.

    Args:
        method: the HTTP method, in upper case.
        template: the path template, such as ``/api/v2/groups/{groupId}/greetings``.
    """
    return _by_operation().get(f"{method} {template}", ())


@cache
def _by_operation() -> Mapping[str, Sequence[TopicCause]]:
    found: dict[str, list[TopicCause]] = {}
    for cause in TOPIC_CAUSES:
        for operation in cause.operations:
            found.setdefault(operation.replace(" ", " /api/v2", 1), []).append(cause)
    return found
