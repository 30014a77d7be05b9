"""Transcripts of listings, written by hand: what is requested, what the platform replies, what comes of it.

Each exchange has the target that must be requested, the reply, and what the body of the request must
contain. Items of replies have one field each, by which they are recognized.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from genesys_core.api import (
    agent_assistants,
    ai_studio,
    alerting,
    analytics,
    architect,
    assistant_copilot_variations,
    authorization,
    business_rules,
    case_management,
    chat,
    content_management,
    conversations,
    dependencies,
    external_contacts,
    groups,
    integrations,
    knowledge,
    language_understanding,
    locations,
    oauth,
    organization,
    organization_authorization,
    quality,
    recording,
    response_management,
    routing,
    scim,
    search,
    speech_text_analytics,
    task_management,
    textbots,
    usage,
    users,
    users_rules,
)
from genesys_core.api import license as licenses
from genesys_core.calls.operation import Operation
from genesys_core.errors import IncompleteListingError, PaginationError, PagingWindowError

__all__ = ["TRANSCRIPTS", "Exchange", "Transcript"]


@dataclass(frozen=True)
class Exchange:
    """One request and its reply."""

    target: str
    reply: Any
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Transcript:
    """A listing from its first page to its end."""

    style: str
    name: str
    operation: Operation[Any]
    exchanges: tuple[Exchange, ...]
    items: str
    error: type[Exception] | None = None
    warning: str = ""


TRANSCRIPTS: list[Transcript] = []


def add(
    style: str,
    name: str,
    operation: Operation[Any],
    exchanges: Sequence[tuple[Any, ...]],
    items: str,
    *,
    error: type[Exception] | None = None,
    warning: str = "",
) -> None:
    made = tuple(Exchange(*one) for one in exchanges)
    TRANSCRIPTS.append(Transcript(style, name, operation, made, items, error, warning))


def items(names: str, key: str = "id") -> list[dict[str, str]]:
    return [{key: one} for one in names]


def entities(names: str, **said: Any) -> dict[str, Any]:
    return {"entities": items(names), **said}


def full(names: str, number: int, count: int, total: int, **said: Any) -> dict[str, Any]:
    return entities(names, pageNumber=number, pageCount=count, pageSize=2, total=total, **said)


# Page numbers in the query.
add("page-query", "with links", users.get_users(page_size=2), [
    ("/api/v2/users?pageSize=2", full("ab", 1, 2, 3, nextUri="/api/v2/users?pageSize=2&pageNumber=2")),
    ("/api/v2/users?pageSize=2&pageNumber=2", full("c", 2, 2, 3)),
], "abc")  # fmt: skip
add("page-query", "without links", ai_studio.get_guides(page_size=2), [
    ("/api/v2/guides?pageSize=2", full("ab", 1, 3, 5)),
    ("/api/v2/guides?pageSize=2&pageNumber=2", full("cd", 2, 3, 5)),
    ("/api/v2/guides?pageSize=2&pageNumber=3", full("e", 3, 3, 5)),
], "abcde")  # fmt: skip
add("page-query", "until an empty page", routing.get_routing_queues(page_size=2), [
    ("/api/v2/routing/queues?pageSize=2", entities("ab")),
    ("/api/v2/routing/queues?pageSize=2&pageNumber=2", entities("c")),
    ("/api/v2/routing/queues?pageSize=2&pageNumber=3", entities("")),
], "abc")  # fmt: skip
add("page-query", "whose count is zero", ai_studio.get_agentic_virtualagents(), [
    ("/api/v2/agentic/virtualagents", entities("a", pageCount=0, total=2)),
    ("/api/v2/agentic/virtualagents?pageNumber=2", entities("b", pageCount=0, total=2)),
    ("/api/v2/agentic/virtualagents?pageNumber=3", entities("", pageCount=0, total=2)),
], "ab")  # fmt: skip
add("page-query", "from the third page on", users.get_users(page_size=2, page_number=3), [
    ("/api/v2/users?pageSize=2&pageNumber=3", full("ef", 3, 4, 7)),
    ("/api/v2/users?pageSize=2&pageNumber=4", full("g", 4, 4, 7)),
], "efg")  # fmt: skip
add("page-query", "nested in results", content_management.get_contentmanagement_query("x"), [
    ("/api/v2/contentmanagement/query?queryPhrase=x", {"results": full("ab", 1, 2, 3)}),
    ("/api/v2/contentmanagement/query?queryPhrase=x&pageNumber=2", {"results": full("c", 2, 2, 3)}),
], "abc")  # fmt: skip
add("page-query", "untyped", organization.get_organizations_limits_namespaces(page_size=2), [
    ("/api/v2/organizations/limits/namespaces?pageSize=2", {"entities": ["a", "b"], "pageCount": 2}),
    ("/api/v2/organizations/limits/namespaces?pageSize=2&pageNumber=2", {"entities": ["c"], "pageCount": 2}),
], "abc")  # fmt: skip
add("page-query", "that grows while it is read", users.get_users(page_size=2), [
    ("/api/v2/users?pageSize=2", full("ab", 1, 2, 4)),
    ("/api/v2/users?pageSize=2&pageNumber=2", full("bc", 2, 3, 5)),
    ("/api/v2/users?pageSize=2&pageNumber=3", full("d", 3, 3, 5)),
], "abcd")  # fmt: skip
add("page-query", "that shrinks while it is read", users.get_users(page_size=2), [
    ("/api/v2/users?pageSize=2", full("ab", 1, 2, 4)),
    ("/api/v2/users?pageSize=2&pageNumber=2", full("d", 2, 2, 3)),
], "abd", error=IncompleteListingError)  # fmt: skip
add("page-query", "that links to another host", users.get_users(), [
    ("/api/v2/users", entities("ab", nextUri="https://evil.example/api/v2/users?pageNumber=2")),
], "ab", error=PaginationError)  # fmt: skip
add("page-query", "that links to empty pages for ever", organization.get_organizations_limits_changerequests(), [
    ("/api/v2/organizations/limits/changerequests", entities("a", nextUri="/x?page=2")),
    ("/x?page=2", entities("", nextUri="/x?page=3")),
    ("/x?page=3", entities("", nextUri="/x?page=4")),
    ("/x?page=4", entities("", nextUri="/x?page=5")),
], "a")  # fmt: skip

# Windows.
add("window", "of records", external_contacts.get_externalcontacts_contacts(page_size=500), [
    ("/api/v2/externalcontacts/contacts?pageSize=500", entities("ab", pageSize=500, pageCount=3)),
    ("/api/v2/externalcontacts/contacts?pageSize=500&pageNumber=2", entities("c", pageSize=500, pageCount=3)),
], "abc", error=PagingWindowError)  # fmt: skip
add("window", "that is not reached", external_contacts.get_externalcontacts_organizations(page_size=500), [
    ("/api/v2/externalcontacts/organizations?pageSize=500", entities("ab", pageSize=500, pageCount=2)),
    ("/api/v2/externalcontacts/organizations?pageSize=500&pageNumber=2", entities("c", pageSize=500, pageCount=2)),
], "abc")  # fmt: skip
add("window", "of pages", routing.get_routing_queues_divisionviews(page_number=5), [
    ("/api/v2/routing/queues/divisionviews?pageNumber=5", full("ij", 5, 9, 18)),
], "ij", error=PagingWindowError)  # fmt: skip

# Page numbers in the query of a POST: the same body again.
add("page-query (body filter)", "with a count", users_rules.post_users_rules_query({"type": "x"}, page_size=2), [
    ("/api/v2/users/rules/query?pageSize=2", entities("ab", pageNumber=1), {"type": "x"}),
    ("/api/v2/users/rules/query?pageSize=2&pageNumber=2", entities("", pageNumber=2), {"type": "x"}),
], "ab")  # fmt: skip
add("page-query (body filter)", "without any count", analytics.post_analytics_flows_activity_query({"metrics": []}, page_size=1), [
    ("/api/v2/analytics/flows/activity/query?pageSize=1", {"results": [{"group": {"a": "1"}}]}, {"metrics": []}),
    ("/api/v2/analytics/flows/activity/query?pageSize=1&pageNumber=2", {"results": [{"group": {"b": "1"}}]}),
    ("/api/v2/analytics/flows/activity/query?pageSize=1&pageNumber=3", {"results": []}),
], "ab")  # fmt: skip
add("page-query (body filter)", "untyped", organization_authorization.post_orgauthorization_trustor_audits({}, page_size=1), [
    ("/api/v2/orgauthorization/trustor/audits?pageSize=1", entities("a", pageCount=2)),
    ("/api/v2/orgauthorization/trustor/audits?pageSize=1&pageNumber=2", entities("b", pageCount=2)),
], "ab")  # fmt: skip

# Cursors in the query.
JOB = "/api/v2/analytics/conversations/details/jobs/j/results"
add("cursor-query/cursor", "with an empty page", analytics.get_analytics_conversations_details_job_results("j"), [
    (JOB, {"conversations": items("ab", "conversationId"), "cursor": "c1"}),
    (f"{JOB}?cursor=c1", {"conversations": [], "cursor": "c2"}),
    (f"{JOB}?cursor=c2", {"cursor": "c3"}),
    (f"{JOB}?cursor=c3", {"conversations": items("c", "conversationId")}),
], "abc")  # fmt: skip
add("cursor-query/cursor", "of user details", analytics.get_analytics_users_details_job_results("j", page_size=1), [
    ("/api/v2/analytics/users/details/jobs/j/results?pageSize=1", {"userDetails": items("a", "userId"), "cursor": "c+/="}),
    ("/api/v2/analytics/users/details/jobs/j/results?pageSize=1&cursor=c%2B%2F%3D", {"userDetails": items("b", "userId")}),
], "ab")  # fmt: skip
add("cursor-query/cursor", "with a link", users.get_users_query(page_size=1), [
    ("/api/v2/users/query?pageSize=1", entities("a", cursor="c1", nextUri="/api/v2/users/query?pageSize=1&cursor=c1")),
    ("/api/v2/users/query?pageSize=1&cursor=c1", entities("b", cursor="c2")),
    ("/api/v2/users/query?pageSize=1&cursor=c2", entities("c", cursor="")),
], "abc")  # fmt: skip
add("cursor-query/cursor", "that repeats", quality.get_quality_conversations_audits_query_transaction_id_results("t"), [
    ("/api/v2/quality/conversations/audits/query/t/results", entities("a", cursor="c1")),
    ("/api/v2/quality/conversations/audits/query/t/results?cursor=c1", entities("b", cursor="c1")),
], "ab")  # fmt: skip
add("cursor-query/cursors.after", "with tokens", external_contacts.get_externalcontacts_scan_contacts(limit=1), [
    ("/api/v2/externalcontacts/scan/contacts?limit=1", entities("a", cursors={"after": "c1"})),
    ("/api/v2/externalcontacts/scan/contacts?limit=1&cursor=c1", entities("", cursors={"after": "c2"})),
    ("/api/v2/externalcontacts/scan/contacts?limit=1&cursor=c2", entities("b", cursors={})),
], "ab")  # fmt: skip
add("cursor-query/cursors.after", "with links", external_contacts.get_externalcontacts_externalsources(), [
    ("/api/v2/externalcontacts/externalsources", entities("a", nextUri="/api/v2/externalcontacts/externalsources?cursor=c1", cursors={"after": "c1"})),
    ("/api/v2/externalcontacts/externalsources?cursor=c1", entities("b")),
], "ab")  # fmt: skip
RETAINED = "/api/v2/recordings/retention/query?retentionThresholdDays=1"
SCAN = "/api/v2/externalcontacts/scan/notes"
add("cursor-query/cursors.after", "with many empty pages that link", external_contacts.get_externalcontacts_scan_notes(), [
    (SCAN, entities("", nextUri=f"{SCAN}?cursor=c1", cursors={"after": "c1"})),
    (f"{SCAN}?cursor=c1", entities("", nextUri=f"{SCAN}?cursor=c2", cursors={"after": "c2"})),
    (f"{SCAN}?cursor=c2", entities("", nextUri=f"{SCAN}?cursor=c3", cursors={"after": "c3"})),
    (f"{SCAN}?cursor=c3", entities("", nextUri=f"{SCAN}?cursor=c4", cursors={"after": "c4"})),
    (f"{SCAN}?cursor=c4", entities("a")),
], "a")  # fmt: skip
add("cursor-query/nextUri", "with links", recording.get_recordings_retention_query(1), [
    (RETAINED, {"entities": items("a", "conversationId"), "nextUri": f"{RETAINED}&cursor=c1"}),
    (f"{RETAINED}&cursor=c1", {"entities": items("b", "conversationId")}),
], "ab")  # fmt: skip
add("cursor-query/nextUri", "with a token that is not in the definition", recording.get_recordings_retention_query(1), [
    (RETAINED, {"entities": items("a", "conversationId"), "cursor": "c1"}),
    (f"{RETAINED}&cursor=c1", {"entities": items("b", "conversationId")}),
], "ab")  # fmt: skip

# `after` in the query.
add("after-query/nextUri", "with links", agent_assistants.get_assistants(page_size="2"), [
    ("/api/v2/assistants?pageSize=2", entities("ab", nextUri="/api/v2/assistants?pageSize=2&after=t1")),
    ("/api/v2/assistants?pageSize=2&after=t1", entities("c")),
], "abc")  # fmt: skip
add("after-query/nextUri", "with tokens alone", agent_assistants.get_assistants_queues(), [
    ("/api/v2/assistants/queues", entities("ab", after="t1")),
    ("/api/v2/assistants/queues?after=t1", entities("c")),
], "abc")  # fmt: skip
add("after-query/nextUri", "with cursors alone", agent_assistants.get_assistants_agentchecklists(), [
    ("/api/v2/assistants/agentchecklists", entities("ab", cursors={"after": "t1"})),
    ("/api/v2/assistants/agentchecklists?after=t1", entities("c", cursors={"before": "t0"})),
], "abc")  # fmt: skip
add("after-query/after", "with tokens", task_management.get_taskmanagement_workbin_versions("w", page_size=2), [
    ("/api/v2/taskmanagement/workbins/w/versions?pageSize=2", entities("ab", after="t1")),
    ("/api/v2/taskmanagement/workbins/w/versions?pageSize=2&after=t1", entities("c", after="")),
], "abc")  # fmt: skip
add("after-query/after", "with both", task_management.get_taskmanagement_workitem_versions("w"), [
    ("/api/v2/taskmanagement/workitems/w/versions", entities("a", after="t1", nextUri="/api/v2/taskmanagement/workitems/w/versions?after=t1")),
    ("/api/v2/taskmanagement/workitems/w/versions?after=t1", entities("b", after="t2")),
    ("/api/v2/taskmanagement/workitems/w/versions?after=t2", entities("c")),
], "abc")  # fmt: skip
add("after-query/cursors.after", "with tokens", external_contacts.get_externalcontacts_import_jobs(), [
    ("/api/v2/externalcontacts/import/jobs", entities("a", cursors={"after": "t1"})),
    ("/api/v2/externalcontacts/import/jobs?after=t1", entities("b")),
], "ab")  # fmt: skip
add("after-query/cursors.after", "of rows with the same user", usage.get_usage_simplesearch_execution_id_results("e"), [
    ("/api/v2/usage/simplesearch/e/results", {"results": items("aa", "userId"), "cursors": {"after": "t1"}}),
    ("/api/v2/usage/simplesearch/e/results?after=t1", {"results": items("a", "userId")}),
], "aaa")  # fmt: skip
add("reply has cursor, request has none", "usage", usage.get_usage_query_execution_id_results("e"), [
    ("/api/v2/usage/query/e/results", {"results": items("a", "userId"), "cursors": {"after": "t1"}}),
    ("/api/v2/usage/query/e/results?after=t1", {"results": items("b", "userId")}),
], "ab")  # fmt: skip
add("reply has cursor, request has none", "OAuth clients", oauth.get_oauth_client_usage_query_result("e", "c"), [
    ("/api/v2/oauth/clients/c/usage/query/results/e", {"results": items("a", "userId"), "cursors": {"after": "t1"}}),
    ("/api/v2/oauth/clients/c/usage/query/results/e?after=t1", {"results": items("b", "userId"), "cursors": {"after": ""}}),
], "ab")  # fmt: skip

# Tokens in the body.
SEARCH = "/api/v2/conversations/participants/attributes/search"
add("cursor-body", "of a list", conversations.post_conversations_participants_attributes_search({"query": []}), [
    (SEARCH, {"results": items("a"), "cursor": "c1"}, {"query": []}),
    (SEARCH, {"results": items("b"), "cursor": "c2"}, {"query": [], "cursor": "c1"}),
    (SEARCH, {"results": [], "cursor": None}, {"cursor": "c2"}),
], "ab")  # fmt: skip
add("cursor-body", "of nothing", conversations.post_conversations_participants_attributes_search({"query": []}), [
    (SEARCH, {"results": []}, {"query": []}),
], "")  # fmt: skip
WORKITEMS = "/api/v2/taskmanagement/workitems/query"
add("after-body", "with tokens", task_management.post_taskmanagement_workitems_query({"filters": [], "pageSize": 2}), [
    (WORKITEMS, entities("ab", after="t1"), {"pageSize": 2}),
    (WORKITEMS, entities("c"), {"pageSize": 2, "after": "t1"}),
], "abc")  # fmt: skip
add("after-body", "with a token in the link alone", case_management.post_casemanagement_caseplans_query({"pageSize": 1}), [
    ("/api/v2/casemanagement/caseplans/query", entities("a", nextUri="/api/v2/casemanagement/caseplans/query?after=t1"), {"pageSize": 1}),
    ("/api/v2/casemanagement/caseplans/query", entities("b"), {"pageSize": 1, "after": "t1"}),
], "ab")  # fmt: skip

# Page numbers in the body.
add("page-body", "with a count", alerting.post_alerting_alerts_query(body={"pageSize": 2}), [
    ("/api/v2/alerting/alerts/query", full("ab", 1, 2, 3), {"pageSize": 2}),
    ("/api/v2/alerting/alerts/query", full("c", 2, 2, 3), {"pageSize": 2, "pageNumber": 2}),
], "abc")  # fmt: skip
add("page-body", "nested in results", response_management.post_responsemanagement_responses_query({"pageNumber": 2, "pageSize": 1}), [
    ("/api/v2/responsemanagement/responses/query", {"results": full("a", 2, 3, 3)}, {"pageNumber": 2}),
    ("/api/v2/responsemanagement/responses/query", {"results": full("b", 3, 3, 3)}, {"pageNumber": 3, "pageSize": 1}),
], "ab")  # fmt: skip
add("page-body", "untyped", speech_text_analytics.post_speechandtextanalytics_transcripts_search({"query": []}), [
    ("/api/v2/speechandtextanalytics/transcripts/search", {"results": {"entities": items("a")}, "pageCount": 2}, {"query": []}),
    ("/api/v2/speechandtextanalytics/transcripts/search", {"results": {"entities": items("b")}, "pageCount": 2}, {"pageNumber": 2}),
], "ab")  # fmt: skip
add("page-body", "until an empty page", quality.post_quality_evaluations_search({"query": []}), [
    ("/api/v2/quality/evaluations/search", {"results": items("a"), "pageNumber": 1}, {"query": []}),
    ("/api/v2/quality/evaluations/search", {"results": [], "pageNumber": 2}, {"pageNumber": 2}),
], "a")  # fmt: skip
add("search-body", "users", users.post_users_search({"pageSize": 1, "query": []}), [
    ("/api/v2/users/search", {"results": items("a"), "pageCount": 2, "total": 2, "nextPage": "/api/v2/users/search?q64=x"}, {"pageSize": 1}),
    ("/api/v2/users/search", {"results": items("b"), "pageCount": 2, "total": 2}, {"pageNumber": 2, "pageSize": 1, "query": []}),
], "ab")  # fmt: skip
add("search-body", "untyped", search.post_search({"types": ["users"]}), [
    ("/api/v2/search", {"results": items("a"), "pageCount": 2}, {"types": ["users"]}),
    ("/api/v2/search", {"results": items("b"), "pageCount": 2}, {"types": ["users"], "pageNumber": 2}),
], "ab")  # fmt: skip
add("search-body", "groups, until an empty page", groups.post_groups_search({"query": []}), [
    ("/api/v2/groups/search", {"results": items("a")}, {"query": []}),
    ("/api/v2/groups/search", {"results": []}, {"pageNumber": 2}),
], "a")  # fmt: skip
add("search-body (no page in request)", "of one page", search.post_search_suggest({"types": []}), [
    ("/api/v2/search/suggest", {"results": items("a"), "pageCount": 1, "total": 1}, {"types": []}),
], "a")  # fmt: skip
add("search-body (no page in request)", "with more than it can ask for", search.post_search_suggest({"types": []}), [
    ("/api/v2/search/suggest", {"results": items("a"), "pageCount": 2, "nextPage": "x"}, {"types": []}),
], "a", error=PaginationError)  # fmt: skip
add("search-q64", "groups", groups.get_groups_search("q0"), [
    ("/api/v2/groups/search?q64=q0", {"results": items("a"), "nextPage": "q1", "pageCount": 2}),
    ("/api/v2/groups/search?q64=q1", {"results": items("b"), "pageCount": 2}),
], "ab")  # fmt: skip
add("search-q64", "untyped", search.get_search("q0"), [
    ("/api/v2/search?q64=q0", {"results": items("a"), "nextPage": "q1"}),
    ("/api/v2/search?q64=q1", {"results": items("b"), "nextPage": ""}),
], "ab")  # fmt: skip
add("search-q64", "locations, from a page in the middle", locations.get_locations_search("q7"), [
    ("/api/v2/locations/search?q64=q7", {"results": items("z"), "total": 8, "pageNumber": 8, "pageCount": 8}),
], "z")  # fmt: skip

# Page numbers nested in the body's `paging`.
DETAILS = "/api/v2/analytics/conversations/details/query"
BODY = {"interval": "i", "paging": {"pageSize": 2, "pageNumber": 1}}
add("analytics-body-paging", "conversations", analytics.post_analytics_conversations_details_query(BODY), [
    (DETAILS, {"conversations": items("ab", "conversationId"), "totalHits": 3}, BODY),
    (DETAILS, {"conversations": items("c", "conversationId"), "totalHits": 3}, {"interval": "i", "paging": {"pageSize": 2, "pageNumber": 2}}),
    (DETAILS, {"totalHits": 3}, {"paging": {"pageSize": 2, "pageNumber": 3}}),
], "abc")  # fmt: skip
add("analytics-body-paging", "users, with an approximate total", analytics.post_analytics_users_details_query({"interval": "i"}), [
    ("/api/v2/analytics/users/details/query", {"userDetails": items("a", "userId"), "totalHits": 3}, {"interval": "i"}),
    ("/api/v2/analytics/users/details/query", {"totalHits": 3}, {"paging": {"pageNumber": 2, "pageSize": 1}}),
], "a", warning="received 1 items of the 3")  # fmt: skip

# Several parameters: the link knows which.
add("several:query pageNumber+nextPage", "with links", authorization.get_authorization_roles(page_size=1), [
    ("/api/v2/authorization/roles?pageSize=1", full("a", 1, 2, 2, nextUri="/api/v2/authorization/roles?nextPage=t1")),
    ("/api/v2/authorization/roles?nextPage=t1", full("b", 2, 2, 2)),
], "ab")  # fmt: skip
add("several:query pageNumber+nextPage", "without links", integrations.get_integrations(page_size=1), [
    ("/api/v2/integrations?pageSize=1", full("a", 1, 2, 2)),
    ("/api/v2/integrations?pageSize=1&pageNumber=2", full("b", 2, 2, 2)),
], "ab")  # fmt: skip
add("several:query pageNumber+cursor", "with links", recording.get_recording_jobs(), [
    ("/api/v2/recording/jobs", full("a", 1, 2, 2, nextUri="/api/v2/recording/jobs?cursor=c1")),
    ("/api/v2/recording/jobs?cursor=c1", full("b", 2, 2, 2)),
], "ab")  # fmt: skip
add("several:query pageNumber+cursor", "without links", recording.get_recording_job_failedrecordings("j"), [
    ("/api/v2/recording/jobs/j/failedrecordings", {"entities": [{"conversation": {"id": "a"}}], "pageCount": 2}),
    ("/api/v2/recording/jobs/j/failedrecordings?pageNumber=2", {"entities": [{"conversation": {"id": "b"}}], "pageCount": 2}),
], "ab")  # fmt: skip
FEEDBACK = "/api/v2/languageunderstanding/domains/d/feedback"
add("several:query pageNumber+after", "by number", language_understanding.get_languageunderstanding_domain_feedback("d"), [
    (FEEDBACK, full("a", 1, 2, 2)),
    (f"{FEEDBACK}?pageNumber=2", full("b", 2, 2, 2)),
], "ab")  # fmt: skip
add("several:query pageNumber+after", "by cursor", language_understanding.get_languageunderstanding_domain_feedback("d", enable_cursor_pagination=True), [
    (f"{FEEDBACK}?enableCursorPagination=true", entities("a", nextUri=f"{FEEDBACK}?enableCursorPagination=true&after=t1")),
    (f"{FEEDBACK}?enableCursorPagination=true&after=t1", entities("b")),
    (f"{FEEDBACK}?enableCursorPagination=true&pageNumber=3", entities("")),
], "ab")  # fmt: skip
PROGRAMS = "/api/v2/speechandtextanalytics/programs"
add("nextPage-query/nextUri", "with links", speech_text_analytics.get_speechandtextanalytics_programs(), [
    (PROGRAMS, entities("a", nextUri=f"{PROGRAMS}?nextPage=t1", total=2)),
    (f"{PROGRAMS}?nextPage=t1", entities("b", total=2)),
], "ab")  # fmt: skip
add("nextPage-query/nextUri", "with a count and no way on", speech_text_analytics.get_speechandtextanalytics_programs_unpublished(), [
    (f"{PROGRAMS}/unpublished", entities("a", pageCount=2)),
], "a", error=PaginationError)  # fmt: skip

# SCIM: a one-based index, moved by what came.
add("scim", "users, with short pages", scim.get_scim_users(count=3), [
    ("/api/v2/scim/users?count=3", {"Resources": items("ab"), "totalResults": 4, "startIndex": 1, "itemsPerPage": 2}),
    ("/api/v2/scim/users?count=3&startIndex=3", {"Resources": items("c"), "totalResults": 4, "startIndex": 3}),
    ("/api/v2/scim/users?count=3&startIndex=4", {"Resources": items("d"), "totalResults": 4, "startIndex": 4}),
], "abcd")  # fmt: skip
add("scim", "groups, whose total is too large", scim.get_scim_v2_groups("displayName eq x"), [
    ("/api/v2/scim/v2/groups?filter=displayName%20eq%20x", {"Resources": items("ab"), "totalResults": 4}),
    ("/api/v2/scim/v2/groups?filter=displayName%20eq%20x&startIndex=3", {"Resources": [], "totalResults": 4}),
], "ab", error=IncompleteListingError)  # fmt: skip
add("scim", "from an index on", scim.get_scim_groups(start_index=3), [
    ("/api/v2/scim/groups?startIndex=3", {"Resources": items("cd"), "totalResults": 5}),
    ("/api/v2/scim/groups?startIndex=5", {"Resources": items("e"), "totalResults": 5}),
], "cde")  # fmt: skip
add("none (scim envelope)", "schemas", scim.get_scim_schemas(), [
    ("/api/v2/scim/schemas", {"Resources": items("ab"), "totalResults": 2}),
], "ab")  # fmt: skip
add("none (scim envelope)", "with fewer than it counts", scim.get_scim_resourcetypes(), [
    ("/api/v2/scim/resourcetypes", {"Resources": items("ab"), "totalResults": 3}),
], "ab", error=IncompleteListingError)  # fmt: skip

# Keys, dates and sizes.
REQUIRED = "/api/v2/dependencies/type/T/id/I/connections/requiredby"
add("keyset (afterSourceType+afterSourceId)", "with links", dependencies.get_dependencies_type_entity_type_id_entity_id_connections_requiredby("T", "I"), [
    (REQUIRED, {"entities": items("a", "entityId"), "nextUri": f"{REQUIRED}?afterSourceType=T&afterSourceId=a"}),
    (f"{REQUIRED}?afterSourceType=T&afterSourceId=a", {"entities": items("b", "entityId")}),
], "ab")  # fmt: skip
add("keyset (afterSourceType+afterSourceId)", "of one page", dependencies.get_dependencies_type_entity_type_id_entity_id_connections_requires("T", "I"), [
    ("/api/v2/dependencies/type/T/id/I/connections/requires", {"entities": items("a", "entityId")}),
], "a")  # fmt: skip


def message(name: str, hour: int) -> dict[str, str]:
    return {"id": name, "dateCreated": f"2026-01-01T{hour:02}:00:00Z"}


ROOM, THREAD = "/api/v2/chats/rooms/r/messages", "/api/v2/chats/threads/t/messages"
add("time-window (before/after dates)", "with overlaps", chat.get_chats_room_messages("r", limit="2"), [
    (f"{ROOM}?limit=2", {"entities": [message("a", 9), message("b", 8)]}),
    (f"{ROOM}?limit=2&before=2026-01-01T08%3A00%3A00Z", {"entities": [message("b", 8), message("c", 7)]}),
    (f"{ROOM}?limit=2&before=2026-01-01T07%3A00%3A00Z", {"entities": [message("c", 7)]}),
], "abc")  # fmt: skip
add("time-window (before/after dates)", "that stands still", chat.get_chats_thread_messages("t", limit="2"), [
    (f"{THREAD}?limit=2", {"entities": [message("a", 9), message("b", 9)]}),
    (f"{THREAD}?limit=2&before=2026-01-01T09%3A00%3A00Z", {"entities": [message("b", 9), message("a", 9)]}),
], "ab", error=PaginationError)  # fmt: skip
add("pageSize-only/nextUri", "a POST that only reads", architect.post_flows_instances_query({"query": []}, page_size=1), [
    ("/api/v2/flows/instances/query?pageSize=1", entities("a", nextUri="/api/v2/flows/instances/query?after=t1"), {"query": []}),
    ("/api/v2/flows/instances/query?after=t1", entities("b"), {"query": []}),
], "ab")  # fmt: skip
add("pageSize-only/nextUri", "a GET", knowledge.get_knowledge_guest_session_documents("s"), [
    ("/api/v2/knowledge/guest/sessions/s/documents", entities("a", nextUri="?after=t1")),
    ("/api/v2/knowledge/guest/sessions/s/documents?after=t1", entities("b")),
], "ab")  # fmt: skip
AGGREGATES = "/api/v2/analytics/conversations/aggregates/query"
add("body size only", "not full", analytics.post_analytics_conversations_aggregates_query({"limit": 3}), [
    (AGGREGATES, {"results": [{"group": {"a": "1"}}, {"group": {"b": "1"}}]}, {"limit": 3}),
], "ab")  # fmt: skip
add("body size only", "full", analytics.post_analytics_bots_aggregates_query({"limit": 2}), [
    ("/api/v2/analytics/bots/aggregates/query", {"results": [{"group": {"a": "1"}}, {"group": {"b": "1"}}]}, {"limit": 2}),
], "ab", warning="is full")  # fmt: skip
SEGMENTS = "/api/v2/externalcontacts/contacts/c/journey/segments"
add("limit-only", "not full", external_contacts.get_externalcontacts_contact_journey_segments("c", limit=3), [
    (f"{SEGMENTS}?limit=3", {"entities": [{"segment": {"id": "a"}}, {"segment": {"id": "b"}}]}),
], "ab")  # fmt: skip
add("limit-only", "full", external_contacts.get_externalcontacts_contact_journey_segments("c", limit=2), [
    (f"{SEGMENTS}?limit=2", {"entities": [{"segment": {"id": "a"}}, {"segment": {"id": "b"}}]}),
], "ab", warning="is full")  # fmt: skip
add("pageSize-only", "not full", textbots.get_textbots_bots_search(page_size=3), [
    ("/api/v2/textbots/bots/search?pageSize=3", entities("ab")),
], "ab")  # fmt: skip
add("pageSize-only", "full", textbots.get_textbots_bots_search(page_size=2), [
    ("/api/v2/textbots/bots/search?pageSize=2", entities("ab")),
], "ab", warning="is full")  # fmt: skip

# No pages at all.
add("none (full envelope in reply)", "of one page", conversations.get_conversations(), [
    ("/api/v2/conversations", full("ab", 1, 1, 2)),
], "ab")  # fmt: skip
add("none (full envelope in reply)", "that links on all the same", content_management.get_contentmanagement_securityprofiles(), [
    ("/api/v2/contentmanagement/securityprofiles", full("ab", 1, 2, 3, nextUri="/api/v2/contentmanagement/securityprofiles?pageNumber=2")),
    ("/api/v2/contentmanagement/securityprofiles?pageNumber=2", full("c", 2, 2, 3)),
], "abc")  # fmt: skip
add("none (full envelope in reply)", "with more that cannot be asked for", conversations.get_conversations_calls(), [
    ("/api/v2/conversations/calls", full("ab", 1, 2, 3)),
], "ab", error=PaginationError)  # fmt: skip
add("none (full envelope in reply)", "of a change", authorization.put_authorization_roles_default([]), [
    ("/api/v2/authorization/roles/default", full("ab", 1, 2, 3, nextUri="/api/v2/authorization/roles/default?pageNumber=2")),
], "ab", error=PaginationError)  # fmt: skip
add("none (nextUri in reply)", "with links", business_rules.get_businessrules_schemas(), [
    ("/api/v2/businessrules/schemas", entities("a", nextUri="/api/v2/businessrules/schemas?after=t1")),
    ("/api/v2/businessrules/schemas?after=t1", entities("b")),
], "ab")  # fmt: skip
add("none (nextUri in reply)", "without", assistant_copilot_variations.get_assistant_variations("a"), [
    ("/api/v2/assistants/a/variations", entities("ab")),
], "ab")  # fmt: skip
add("none", "a list", agent_assistants.get_assistants_agentchecklists_languages(), [
    ("/api/v2/assistants/agentchecklists/languages", entities("ab")),
], "ab")  # fmt: skip
add("none", "wrapped", licenses.get_license_user("u"), [
    ("/api/v2/license/users/u", {"id": "u", "licenses": items("ab")}),
], "ab")  # fmt: skip
add("none", "an array", users.get_user_directreports("u"), [
    ("/api/v2/users/u/directreports", items("ab")),
], "ab")  # fmt: skip
add("none", "an array of strings", users.get_user_profileskills("u"), [
    ("/api/v2/users/u/profileskills", ["a", "b"]),
], "ab")  # fmt: skip
