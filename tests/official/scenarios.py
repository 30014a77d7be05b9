"""Written scenarios of the official Python SDK, unchanged, over many APIs of a simulated organization.

Each is a story of one API: what was written is read, what was deleted is gone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import PureCloudPlatformClientV2 as official
from PureCloudPlatformClientV2.rest import ApiException
from websockets.sync.client import connect

from genesys_cloud.simulator import RunningSimulator
from genesys_core.simulator.state.default_roles import EMPLOYEE, role_id

Scenario = Callable[["Desk"], None]
SCENARIOS: dict[str, Scenario] = {}


class Desk:
    """The SDK, signed in to a simulator.

    Args:
        running: the simulator.
    """

    def __init__(self, running: RunningSimulator) -> None:
        self.running = running
        # How the SDK is pointed at a simulator: the host of the API client, and of the login.
        self.client = official.api_client.ApiClient(host=running.url)
        self.client.access_token = running.access_token()
        self.me = official.UsersApi(self.client).get_users_me()

    def api(self, name: str) -> Any:
        return getattr(official, f"{name}Api")(self.client)

    def names(self, listing: Any) -> list[str]:
        return [each.name for each in listing.entities]


def scenario(story: Scenario) -> Scenario:
    SCENARIOS[story.__name__] = story
    return story


def refused(status: int, call: Callable[..., Any], *arguments: Any, **options: Any) -> None:
    """Check that a call is refused with a status."""
    try:
        reply = call(*arguments, **options)
    except ApiException as error:
        assert error.status == status, (error.status, error.body)
    else:
        raise AssertionError(f"{call.__name__} returned {reply!r}")


@scenario
def users(desk: Desk) -> None:
    api = desk.api("Users")
    home = desk.me.division.id
    user = api.post_users({"name": "Ann", "email": "ann@example.org", "divisionId": home})
    assert api.get_user(user.id).name == "Ann"
    changed = api.patch_user(user.id, {"name": "Anna", "version": user.version})
    assert (changed.name, changed.version) == ("Anna", user.version + 1)
    refused(409, api.patch_user, user.id, {"name": "Ann", "version": user.version})
    assert api.get_user(user.id).name == "Anna"
    listed = [each.id for page in (1, 2, 3) for each in api.get_users(page_number=page).entities]
    assert user.id in listed
    assert len(listed) == len(set(listed))
    api.delete_user(user.id)
    assert user.id not in [each.id for each in api.get_users(page_size=100).entities]


@scenario
def queues(desk: Desk) -> None:
    api = desk.api("Routing")
    queue = api.post_routing_queues({"name": "Support"})
    assert api.get_routing_queue(queue.id).name == "Support"
    api.put_routing_queue(queue.id, {"name": "Service"})
    assert "Service" in desk.names(api.get_routing_queues())
    api.delete_routing_queue(queue.id)
    refused(404, api.get_routing_queue, queue.id)


def collection(name: str, api: str, noun: str, body: dict[str, Any], **options: Any) -> None:
    """Add the story of a collection: create, read, list, delete."""

    def story(desk: Desk) -> None:
        calls = desk.api(api)
        plural = options.get("plural", f"{noun}s")
        made = getattr(calls, f"post_{plural}")(body)
        read = getattr(calls, f"get_{noun}")
        assert read(made.id).name == body["name"]
        assert made.self_uri.endswith(made.id)
        if options.get("listed", True):
            assert body["name"] in desk.names(getattr(calls, f"get_{plural}")())
        if "update" in options:
            changed = {**body, "name": "Changed", **options["update"]}
            getattr(calls, f"put_{noun}")(made.id, body=changed)
            assert read(made.id).name == "Changed"
        getattr(calls, f"delete_{noun}")(made.id)
        refused(404, read, made.id)

    story.__name__ = name
    scenario(story)


collection("skills", "Routing", "routing_skill", {"name": "Spanish"})
collection("languages", "Routing", "routing_language", {"name": "Swahili"})
collection(
    "wrap_up_codes",
    "Routing",
    "routing_wrapupcode",
    {"name": "Sold", "division": {"id": "*"}},
    update={},
)
collection(
    "groups",
    "Groups",
    "group",
    {"name": "Tier 1", "type": "official", "visibility": "public", "rulesVisible": True},
    update={"version": 1},
)
collection("teams", "Teams", "team", {"name": "Blue"}, listed=False)
collection("locations", "Locations", "location", {"name": "Indianapolis"})
collection(
    "contact_lists", "Outbound", "outbound_contactlist", {"name": "Leads", "columnNames": ["a"]}
)
collection(
    "do_not_call_lists",
    "Outbound",
    "outbound_dnclist",
    {"name": "Do not call", "dncSourceType": "rds"},
)
collection(
    "schedules",
    "Architect",
    "architect_schedule",
    {
        "name": "Weekdays",
        "start": "2024-05-17T08:00:00",
        "end": "2024-05-17T18:00:00",
        "rrule": "FREQ=DAILY",
    },
    update={"version": 1},
)
collection("prompts", "Architect", "architect_prompt", {"name": "Hello"})
collection("forms", "Quality", "quality_forms_evaluation", {"name": "Form", "questionGroups": []})
collection(
    "libraries",
    "ResponseManagement",
    "responsemanagement_library",
    {"name": "Greetings"},
    plural="responsemanagement_libraries",
)
collection(
    "knowledge", "Knowledge", "knowledge_knowledgebase", {"name": "Base", "coreLanguage": "en-US"}
)
collection(
    "external_organizations",
    "ExternalContacts",
    "externalcontacts_organization",
    {"name": "ACME"},
    listed=False,
)
collection(
    "phones",
    "TelephonyProvidersEdge",
    "telephony_providers_edges_trunkbasesetting",
    {"name": "Trunk", "trunkMetabase": {"id": "external_sip.json"}, "trunkType": "EXTERNAL"},
    listed=False,
)
collection(
    "deployments",
    "WebDeployments",
    "webdeployments_deployment",
    {"name": "Site", "configuration": {"id": "x", "version": "1"}, "allowAllDomains": True},
    listed=False,
)
collection(
    "clients",
    "OAuth",
    "oauth_client",
    {
        "name": "Robot",
        "authorizedGrantType": "CLIENT-CREDENTIALS",
        "accessTokenValiditySeconds": 600,
        "roleIds": [role_id(0, EMPLOYEE)],
    },
    listed=False,
)
collection(
    "greetings",
    "Greetings",
    "greeting",
    {"name": "Hello", "type": "VOICEMAIL", "ownerType": "ORGANIZATION", "owner": {"id": "x"}},
    listed=False,
)
collection("roles", "Authorization", "authorization_role", {"name": "Reader"})
collection(
    "divisions",
    "Authorization",
    "authorization_division",
    {"name": "North", "description": "The north"},
    update={},
)
collection("worktypes", "TaskManagement", "taskmanagement_workbin", {"name": "Bin"}, listed=False)


@scenario
def presence(desk: Desk) -> None:
    api = desk.api("Presence")
    api.patch_user_presence(
        desk.me.id, "PURECLOUD", {"presenceDefinition": {"systemPresence": "Busy"}}
    )
    seen = api.get_user_presence(desk.me.id, "PURECLOUD")
    assert seen.presence_definition.system_presence == "Busy"


@scenario
def analytics_jobs(desk: Desk) -> None:
    api = desk.api("Analytics")
    query = {"interval": "2024-05-17T00:00:00Z/2024-05-18T00:00:00Z"}
    job = api.post_analytics_conversations_details_jobs(query)
    status = api.get_analytics_conversations_details_job(job.job_id)
    while status.state != "FULFILLED":
        time.sleep(0.01)
        status = api.get_analytics_conversations_details_job(job.job_id)
    results = api.get_analytics_conversations_details_job_results(job.job_id)
    assert results.cursor is None
    refused(404, api.get_analytics_conversations_details_job, "no such job")


@scenario
def tokens(desk: Desk) -> None:
    api = desk.api("Tokens")
    assert api.get_tokens_me().authorized_scope is not None
    client = official.api_client.ApiClient(host=desk.running.url)
    client.access_token = desk.running.access_token()
    again = official.TokensApi(client)
    again.delete_tokens_me()
    refused(401, again.get_tokens_me)


@scenario
def notifications(desk: Desk) -> None:
    api = desk.api("Notifications")
    channel = api.post_notifications_channels()
    topic = f"v2.users.{desk.me.id}.presence"
    api.post_notifications_channel_subscriptions(channel.id, [{"id": topic}])
    with connect(channel.connect_uri, proxy=None) as socket:
        desk.api("Presence").patch_user_presence(
            desk.me.id, "PURECLOUD", {"presenceDefinition": {"systemPresence": "Meal"}}
        )
        event = json.loads(socket.recv(timeout=30))
    assert event["topicName"] == topic
    assert event["eventBody"]["presenceDefinition"]["systemPresence"] == "MEAL"


@scenario
def errors(desk: Desk) -> None:
    routing = desk.api("Routing")
    refused(400, routing.post_routing_skills, {})
    refused(400, routing.post_routing_skills, {"name": 1})
    refused(400, desk.api("Users").get_users, page_size=0)
    refused(404, routing.get_routing_skill, "no such skill")
    routing.post_routing_skills({"name": "Once"})
    refused(409, routing.post_routing_skills, {"name": "Once"})
    nobody = official.api_client.ApiClient(host=desk.running.url)
    nobody.access_token = "wrong"
    refused(401, official.UsersApi(nobody).get_users_me)


@scenario
def scim(desk: Desk) -> None:
    api = desk.api("SCIM")
    user = api.post_scim_v2_users(
        {"userName": "bea@example.org", "displayName": "Bea", "active": True}
    )
    assert api.get_scim_v2_user(user.id).display_name == "Bea"
    api.delete_scim_v2_user(user.id)
    refused(404, api.get_scim_v2_user, user.id)
