"""Which operations are seen to have state, and the page of the documentation that names the others.

``python -m tests.helpers.stateful_operations`` prints the counts; with ``--write`` it writes
``docs/simulator-coverage.md``.
"""

import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

from genesys_core.notifications.topics import NOTIFICATION_TOPICS
from genesys_core.simulator import Simulator
from genesys_core.simulator.resources.path_references import list_references
from genesys_core.simulator.sockets.uncaused_topics import UNCAUSED_TOPICS
from tests.helpers.collection_life import CREATABLE, STARTED, WRITTEN, run, run_job
from tests.helpers.resource_walk import RULES, Walk
from tests.helpers.state_scenarios import observe_handlers
from tests.helpers.state_witness import sees
from tests.strategies.simulator import definition

PAGE = Path(__file__).parents[2] / "docs" / "simulator-coverage.md"


def stateful_routes():
    """Every operation with a rule, of which a reply may change because of a write."""
    handled = {key for key, each in Simulator(definition()).coverage().items() if each == "handler"}
    return [
        route
        for route in definition().routes
        if (rule := RULES.find(route)) is not None
        and rule.letter != "S"
        and (route.method, route.template) not in handled
    ]


UNSEEN = frozenset(
    [
        "",
        # no operation starts these jobs
        "GET /api/v2/speechandtextanalytics/programs/topiclinks/jobs/{jobId}",
        "GET /api/v2/workforcemanagement/historicaldata/importstatus/{jobId}",
        "GET /api/v2/workforcemanagement/schedulingjobs/{jobId}",
        "DELETE /api/v2/users/agentui/agents/autoanswer/{agentId}/settings",
        "GET /api/v2/casemanagement/cases/externalcontacts/{externalContactId}",
        "GET /api/v2/contentmanagement/workspaces/{workspaceId}/documents",
        "GET /api/v2/knowledge/knowledgebases/{knowledgeBaseId}/unanswered/groups/{groupId}/phrasegroups/{phraseGroupId}",
        "GET /api/v2/learning/assignments/me",
        "GET /api/v2/orgauthorization/trustors/{trustorOrgId}/clonedusers/{trusteeUserId}",
        "GET /api/v2/orphanrecordings/{orphanId}",
        "GET /api/v2/quality/conversations/{conversationId}/surveys",
        "GET /api/v2/quality/forms/evaluations/bulk",
        "GET /api/v2/quality/forms/surveys/bulk",
        "GET /api/v2/quality/publishedforms/evaluations/divisionviews",
        "GET /api/v2/quality/publishedforms/surveys/divisionviews",
        "GET /api/v2/users/agentui/agents/autoanswer/{agentId}/settings",
        "GET /api/v2/users/{userId}/directreports",
        "GET /api/v2/voicemail/groups/{groupId}/messages",
        "GET /api/v2/voicemail/queues/{queueId}/messages",
        "GET /api/v2/voicemail/users/{userId}/messages",
        "GET /api/v2/workforcemanagement/businessunits/{businessUnitId}/adherence/adjustments/reasoncodes/bulk",
        "GET /api/v2/workforcemanagement/businessunits/{businessUnitId}/managementunits",
        "GET /api/v2/workforcemanagement/agents/{agentId}/adherence/explanations/{explanationId}",
        "PATCH /api/v2/alerting/alerts/{alertId}",
        "PATCH /api/v2/chats/rooms/{roomJid}/messages/{messageId}",
        "PATCH /api/v2/journey/views/{viewId}/versions/{journeyVersionId}/jobs/{jobId}",
        "PATCH /api/v2/knowledge/connections/{connectionId}",
        "PATCH /api/v2/knowledge/knowledgebases/{knowledgeBaseId}/unanswered/groups/{groupId}/phrasegroups/{phraseGroupId}",
        "PATCH /api/v2/users/agentui/agents/autoanswer/{agentId}/settings",
        "PATCH /api/v2/workforcemanagement/businessunits/{businessUnitId}/schedulebids/{bidId}/groups/{bidGroupId}",
        "PATCH /api/v2/workforcemanagement/businessunits/{businessUnitId}/workplanbids/{bidId}/groups/{bidGroupId}",
        "PATCH /api/v2/workforcemanagement/managementunits/{managementUnitId}/weeks/{weekDateId}/shifttrades/{tradeId}",
        "POST /api/v2/businessrules/decisiontables/{tableId}/versions/{tableVersion}/rows/bulk/update",
        "POST /api/v2/casemanagement/caseplans/query",
        "POST /api/v2/conversations/{conversationId}/communications/{communicationId}/agentchecklists/{agentChecklistId}",
        "POST /api/v2/diagnostics/logcapture/browser/users/{userId}",
        "POST /api/v2/externalcontacts/bulk/relationships/add",
        "POST /api/v2/knowledge/sources/{sourceId}/synchronizations/{synchronizationId}/deletions",
        "POST /api/v2/users/{userId}/externalid",
        "PUT /api/v2/orgauthorization/trustors/{trustorOrgId}/clonedusers/{trusteeUserId}",
        "PUT /api/v2/orphanrecordings/{orphanId}",
        "PUT /api/v2/routing/message/recipients/{recipientId}",
        "PUT /api/v2/users/agentui/agents/autoanswer/{agentId}/settings",
        "",
    ]
)
"""Operations with a rule of which no call here shows it: their references cannot be made by calls."""


STATEFUL = [each for each in stateful_routes() if f"{each.method} {each.template}" not in UNSEEN]


@cache
def seen_by_rule():
    """The operations with a rule whose effect, or whose reply after an earlier write, is seen."""
    seen = set()
    for collection in (*CREATABLE, *WRITTEN):
        seen |= run(collection, 4)
    for collection in STARTED:
        seen |= run_job(collection)
    for route in STATEFUL:
        if (route.method, route.template) not in seen:
            seen |= sees(route)
    return frozenset(seen)


@cache
def seen_by_hand():
    """The operations with a handler of which the same is seen."""
    known = {(each.method, each.template) for each in definition().routes}
    return frozenset(observe_handlers() & known) - seen_by_rule()


class NewWalk(Walk):
    """Calls below parents that are all created, users and queues too."""

    def __init__(self, desk=None):
        super().__init__(desk)
        self.desk.log_in()

    def parent(self, owner, path, item):
        name = item.rpartition("{")[2].strip("}")
        target = dict(list_references(RULES, item)).get(name, owner)
        if target == "/api/v2/users":
            self.bodies += 1
            email = f"user{self.bodies}@example.org"
            division = next(iter(self.desk.simulator.state.collections[DIVISIONS]))
            body = {"name": email, "email": email, "divisionId": division}
        elif target == "/api/v2/routing/queues":
            self.bodies += 1
            body = {"name": f"Queue {self.bodies}"}
        else:
            return super().parent(owner, path, item)
        made = self.desk.call("POST", target, body)
        assert made.status == 200, (target, made)
        return made.json["id"]


DIVISIONS = ("", "api", "v2", "authorization", "divisions")


@cache
def seen_by_what_the_path_names():
    """The other operations that are a 404 until what their path names was created."""
    seen = set()
    for route in definition().routes:
        key = (route.method, route.template)
        if "{" not in route.template or key in seen_by_rule() | seen_by_hand():
            continue
        walk, untouched = NewWalk(), NewWalk()
        path = walk.place(route.template)
        url, body = walk.url(route, path), walk.body(route)
        before = untouched.desk.call(route.method, url, body)
        after = walk.desk.call(route.method, url, body)
        if (before.status, after.status >= 400) == (404, False):
            seen.add(key)
    return frozenset(seen)


def make_page():
    """The page of the documentation."""
    rule, hand, named = seen_by_rule(), seen_by_hand(), seen_by_what_the_path_names()
    every = [(each.method, each.template) for each in definition().routes]
    others = [each for each in every if each not in rule | hand | named]
    lines = [
        "# What the simulator stores",
        "",
        "A read counts as stateful if a test has verified that an earlier write changes its response, and a write if a test",
        "has verified that it changes the response to a later read. This page is generated by",
        "`python -m tests.helpers.stateful_operations --write`, and a test checks that it is current.",
        "",
        "| operations in the definition | |",
        "|---|---:|",
        f"| all | {len(every):,} |",
        f"| stateful by a rule ([Stateful operations](simulator-data.md#stateful-operations)) | {len(rule):,} |",
        f"| stateful by a handler | {len(hand):,} |",
        f"| an example of the response; 404 until the item in the path has been created | {len(named):,} |",
        f"| always an example of the response | {len(others):,} |",
        "",
        "Example responses have the header `Simulator-Answer: example`.",
        "`genesys-cloud simulate --coverage` prints the rule or handler of every operation.",
        "",
    ]
    for title, listed in (
        ("Examples that depend on the item in the path", named),
        ("Examples", others),
    ):
        lines += [f"## {title}", ""]
        by_family = defaultdict(list)
        for method, template in every:
            if (method, template) in listed:
                by_family[template.split("/")[3]].append(f"`{method} {template[7:]}`")
        for family, names in sorted(by_family.items()):
            lines += [f"**{family}** ({len(names)}): {', '.join(names)}", ""]
    return "\n".join([*lines, *topic_lines()])


def topic_lines():
    """What the page says of the topics that nothing causes."""
    by_reason = defaultdict(list)
    for topic, reason in UNCAUSED_TOPICS.items():
        by_reason[reason].append(f"`{topic}`")
    return [
        "## Topics that no operation publishes",
        "",
        f"Of the {len(NOTIFICATION_TOPICS)} notification topics, the following {len(UNCAUSED_TOPICS)} have events that no operation causes.",
        "`simulator.publish_event(topic, properties)` publishes an event on any topic, including these, with a body that is",
        "checked against the topic's model ([Notifications](simulator-notifications.md#publish-events-and-inject-faults)).",
        "",
        *(
            line
            for reason, topics in sorted(by_reason.items())
            for line in (
                f"**{reason[0].upper()}{reason[1:]}** ({len(topics)}): {', '.join(topics)}",
                "",
            )
        ),
    ]


def main():
    page = make_page()
    print("\n".join(page.splitlines()[6:14]))
    if "--write" in sys.argv:
        PAGE.write_text(page)


if __name__ == "__main__":
    main()
