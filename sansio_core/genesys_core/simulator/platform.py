"""The simulated platform, which responds to requests to the login host and the API.

Invariants: :meth:`Simulator.respond` never raises: every request gets a response in the platform's
format. The same requests at the same times yield the same responses, byte for byte. The simulator
reads neither a clock nor a random source.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Final, TypeAlias
from urllib.parse import SplitResult, parse_qs, parse_qsl, urlsplit

from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response
from genesys_core.notifications.topics import NOTIFICATION_TOPICS
from genesys_core.simulator.conversations.distribution import (
    distribute_conversations,
    drop_finished,
    file_finished,
)
from genesys_core.simulator.conversations.due import run_timer
from genesys_core.simulator.conversations.lifecycle import begin_inbound, enter_queue
from genesys_core.simulator.conversations.timers import due_timer, next_timer
from genesys_core.simulator.conversations.traffic import (
    follow_facts,
    parse_rate,
    start_traffic,
    stop_traffic,
)
from genesys_core.simulator.handlers import (
    authorization,
    call_parties,
    callback_commands,
    campaigns,
    channels,
    consult_commands,
    contact_lists,
    conversation_analytics,
    conversation_commands,
    conversation_marks,
    conversation_messages,
    conversations,
    data_tables,
    division_objects,
    family_checks,
    flow_locks,
    ignored_entities,
    member_groups,
    oauth_clients,
    presences,
    published,
    queue_members,
    queues,
    recordings,
    scim_groups,
    scim_users,
    stations,
    tokens,
    translated_settings,
    uploads,
    user_analytics,
    users,
    work_items,
)
from genesys_core.simulator.http.access import (
    authenticate_request,
    check_permissions,
    spend_request,
)
from genesys_core.simulator.http.checks import check_parameters, read_body
from genesys_core.simulator.http.cross_origin import answer_preflight, cross_origin_headers
from genesys_core.simulator.http.divisions import check_divisions, permitted_divisions
from genesys_core.simulator.http.exchange import (
    ApiCall,
    Handler,
    LoginCall,
    LoginHandler,
    Reply,
    parse_query,
)
from genesys_core.simulator.http.lag import (
    delay_change,
    is_read,
    show_earlier_grants,
    show_earlier_items,
)
from genesys_core.simulator.http.problems import (
    OAuthProblem,
    Problem,
    method_not_allowed,
    no_such_resource,
)
from genesys_core.simulator.http.statuses import with_status
from genesys_core.simulator.http.strict_checks import (
    clamp_page_size,
    find_value_faults,
    warning_headers,
)
from genesys_core.simulator.login import (
    authorization_endpoint as authorize,
)
from genesys_core.simulator.login import (
    token_endpoint as oauth,
)
from genesys_core.simulator.resources.engine import ResourceEngine
from genesys_core.simulator.resources.job_states import FAILURE, SUCCESS
from genesys_core.simulator.resources.seeded_listings import list_seeds
from genesys_core.simulator.resources.seeding import Seeding
from genesys_core.simulator.sockets.conversation_events import (
    CONVERSATION_TOPICS,
    ConversationEvents,
)
from genesys_core.simulator.sockets.event_rules import HEARD_BY_HAND, EventRules
from genesys_core.simulator.sockets.hub import Hub
from genesys_core.simulator.sockets.made_events import make_event
from genesys_core.simulator.sockets.operation_events import JobStart, OperationEvents
from genesys_core.simulator.sockets.uncaused_topics import UNCAUSED_TOPICS
from genesys_core.simulator.state.changes import ChangeWatch
from genesys_core.simulator.state.credentials import IssuedToken
from genesys_core.simulator.state.definition import Definition, OperationFacts
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.memory import PlatformState, Served, Settings
from genesys_core.simulator.state.routes import ServedRoute
from genesys_core.simulator.state.timeline import MediaKind
from genesys_core.simulator.state.world import World

__all__ = ["Simulator"]

_DEFAULTS: Final = Settings()
_NOTHING: Final[Mapping[str, Json]] = {}
_HANDLERS: Mapping[tuple[str, str], Handler] = {
    **users.HANDLERS,
    **authorization.HANDLERS,
    **oauth_clients.HANDLERS,
    **data_tables.HANDLERS,
    **scim_users.HANDLERS,
    **scim_groups.HANDLERS,
    **work_items.HANDLERS,
    **division_objects.HANDLERS,
    **stations.HANDLERS,
    **campaigns.HANDLERS,
    **contact_lists.HANDLERS,
    **flow_locks.HANDLERS,
    **queues.HANDLERS,
    **queue_members.HANDLERS,
    **conversations.HANDLERS,
    **conversation_commands.HANDLERS,
    **consult_commands.HANDLERS,
    **call_parties.HANDLERS,
    **callback_commands.HANDLERS,
    **conversation_marks.HANDLERS,
    **conversation_messages.HANDLERS,
    **translated_settings.HANDLERS,
    **ignored_entities.HANDLERS,
    **conversation_analytics.HANDLERS,
    **user_analytics.HANDLERS,
    **tokens.HANDLERS,
    **channels.HANDLERS,
    **presences.HANDLERS,
    **published.HANDLERS,
    **uploads.HANDLERS,
    **recordings.HANDLERS,
}
# Checks that run before a rule or a handler performs a call.
_CHECKS: Mapping[tuple[str, str], Callable[[ApiCall], None]] = {
    **authorization.CHECKS,
    **data_tables.CHECKS,
    **family_checks.CHECKS,
    **campaigns.CHECKS,
    **contact_lists.CHECKS,
    **flow_locks.CHECKS,
}
# Functions that replace a call before it is performed, and functions that run afterwards.
_AMENDMENTS: Mapping[tuple[str, str], Callable[[ApiCall], ApiCall]] = {
    **campaigns.AMENDMENTS,
    **flow_locks.AMENDMENTS,
}
_FOLLOW_UPS: Mapping[tuple[str, str], Callable[[ApiCall], None]] = {
    **campaigns.FOLLOW_UPS,
    **contact_lists.FOLLOW_UPS,
    **member_groups.FOLLOW_UPS,
}
_LOGIN_HANDLERS: Mapping[tuple[str, str], LoginHandler] = {**oauth.HANDLERS, **authorize.HANDLERS}

# The platform has two front ends, each of which adds a ``Server`` header.
_SERVERS: Final = (("Server", "Google"), ("Server", "FrontEnd"))


class Simulator:
    """A simulator of the platform: its login host and its API at one address.

    Args:
        definition: the API definition, or its Swagger 2.0 document.
        world: the initial entities; by default :meth:`World.sample`.
        settings: the simulator's settings.

    Attributes:
        definition: the API definition.
        settings: the simulator's settings.
        hub: the server side of the notification channels' WebSockets.
        state: the complete state. Tests may modify it between two requests.

    Raises:
        InvalidValueError: the definition cannot be parsed.
    """

    def __init__(
        self,
        definition: Definition | Mapping[str, object],
        *,
        world: World | None = None,
        settings: Settings = _DEFAULTS,
    ) -> None:
        self.definition = Definition.of(definition)
        self.settings = settings
        self._resources = ResourceEngine(self.definition)
        self._events = EventRules(self.definition)
        self._seeding = Seeding(self.definition, self._resources.rules, self._resources.store)
        self._conversation_events = ConversationEvents(self.definition)
        rules = self._resources.rules
        self._operation_events = OperationEvents(self.definition, rules, self._events)
        state = PlatformState.of(world or World.sample(seed=settings.seed), settings.seed)
        self.hub = Hub(state, settings)

    @property
    def state(self) -> PlatformState:
        """The complete state of the platform."""
        return self.hub.state

    @state.setter
    def state(self, state: PlatformState) -> None:
        self.hub.state = state

    def respond(self, request: Request, *, now: Now) -> Response:
        """Return the response to a request to the login host or the API.

        Args:
            request: any request; the scheme and host of its URL do not affect routing.
            now: when the request was received. Expiry uses ``wall``, rate limits use ``monotonic``.
        """
        path, query = _target(request.url)
        template, goal = self._aim(request.method, path)

        def answer() -> Reply:
            return answer_preflight(request) or self._answer(goal, request, query, now)

        return self._respond(request, path, template, answer, now)

    def refuse(self, request: Request, problem: Problem, *, now: Now) -> Response:
        """Return the response to a request that was rejected before it was received completely.

        Args:
            request: the request, without its body.
            problem: the reason for the rejection, which becomes the error response.
            now: when the request was received.
        """

        def answer() -> Reply:
            raise problem

        path, _ = _target(request.url)
        template, _ = self._aim(request.method, path)
        return self._respond(request, path, template, answer, now)

    def _respond(
        self,
        request: Request,
        path: str,
        template: str | None,
        answer: Callable[[], Reply],
        now: Now,
    ) -> Response:
        self.advance(now)
        context_id = self.state.new_id("correlation")
        try:
            reply = answer()
        except Problem as problem:
            reply = problem.reply(context_id)
        self.state.record(Served(request.method, path, template, reply.status, now))
        self._settle(now)
        return _response(reply, request, context_id)

    def advance(self, now: Now) -> None:
        """Perform all due actions: end alerts, answer calls, end after-call work and so on.

        Each action happens at the time at which it was due, in order, even if :meth:`advance` is
        called late. Every request calls :meth:`advance` first.

        Args:
            now: the current time.
        """
        while (due := due_timer(self.state.contact_center, now)) is not None:
            timer, at = due
            if timer.kind == "work":
                key, duration = timer.conversation_id, self.settings.job_duration
                self._operation_events.end_work(self.state, key, duration, at)
            elif timer.kind == "campaign":
                stopped = campaigns.end_stopping(self.state, timer)
                if stopped is not None:
                    self.state.notices.extend(self._events.notices(stopped, None, at))
            else:
                run_timer(self.state, timer, at)
            self._settle(at)
        self.hub.settle(now)

    def timer(self, now: Now) -> None:
        """Perform all due actions, including the sockets' actions: see :meth:`advance`."""
        self.advance(now)
        self.hub.timer(now)

    def next_deadline(self, now: Now) -> float | None:
        """Return the monotonic time at which :meth:`timer` is due; ``None`` if never."""
        due = (self.hub.next_deadline(now), next_timer(self.state.contact_center))
        return min((each for each in due if each is not None), default=None)

    def offer(
        self, media: MediaKind, queue_id: str, *, now: Now, address: str = "", name: str = ""
    ) -> str:
        """Start a customer's conversation in a queue, as telephony does on the platform, and return its id.

        Args:
            media: the media type of the conversation.
            queue_id: the id of the queue.
            now: the current time.
            address: the customer's phone number or address.
            name: the customer's name.

        Raises:
            InvalidValueError: there is no such queue.
        """
        if queue_id not in self.state.queues:
            raise InvalidValueError(f"queue {queue_id!r}: the simulator has no such queue")
        self.advance(now)
        conversation = begin_inbound(self.state, media, now, address=address, name=name)
        enter_queue(self.state, conversation, queue_id, now)
        self._settle(now)
        return conversation.id

    def start_traffic(self, rate: str | float, *, now: Now, seed: int | None = None) -> None:
        """Start generating conversations, with customers and the agents who answer them.

        If no queue has members, each active user, except those that belong to OAuth clients, is
        added to two queues. All members of queues are put on queue. A new rate replaces the
        previous one.

        Args:
            rate: the rate, such as ``10/min``, ``2/s`` or ``30/h``; a number is a mean rate per
                minute.
            now: the current time.
            seed: the seed of the traffic; by default the seed in the settings.

        Raises:
            InvalidValueError: the rate is not valid, or there is no queue.
        """
        per_minute = parse_rate(rate) if isinstance(rate, str) else rate
        self.advance(now)
        start_traffic(self.state, per_minute, self.settings.seed if seed is None else seed, now)
        self._settle(now)

    def stop_traffic(self) -> None:
        """Stop generating conversations; those that have begun continue until they end."""
        stop_traffic(self.state)

    def _settle(self, now: Now) -> None:
        """Distribute waiting conversations to agents, and publish all changes.

        The order matters: publishing clears the changes that the other steps read.
        """
        distribute_conversations(self.state, now)
        follow_facts(self.state, now)
        file_finished(self.state)
        self._conversation_events.publish(self.state, now)
        drop_finished(self.state, self.settings.max_conversations)
        self.hub.settle(now)

    def issue_token(self, client_id: str, *, now: Now) -> str:
        """Issue an access token for a client, without a request.

        Raises:
            InvalidValueError: there is no such client.
        """
        client = self.state.clients.get(client_id)
        if client is None:
            raise InvalidValueError(f"client {client_id!r}: the simulator has no such client")
        return oauth.issue_token(client, self.state, self.settings, now).value

    def count(self, method: str, template: str) -> int:
        """Return the number of requests that a route has received.

        Args:
            method: the HTTP method, in upper case.
            template: the path template, such as ``/oauth/token`` or ``/api/v2/users/{userId}``.
        """
        return self.state.counts[method, template]

    def coverage(self) -> dict[tuple[str, str], str]:
        """Return how each operation is implemented, by method and path template.

        Returns:
            ``handler`` if the operation has a handler, ``rule A`` and so on (see
            :data:`genesys_core.simulator.resources.rule_types.RULES`), or ``example`` if the
            operation returns a stateless example.
        """
        rules = self._resources.rules
        return {
            (route.method, route.template): "handler"
            if (route.method, route.template) in _HANDLERS
            else "example"
            if not self.settings.stateful or (rule := rules.find(route)) is None
            else f"rule {rule.letter}"
            for route in self.definition.routes
        }

    def topic_coverage(self) -> dict[str, str]:
        """Return the cause of each topic's events, by topic template.

        Returns:
            ``handler`` if a handler publishes the topic's events; the path of the resource whose
            changes a rule publishes; the operation that causes the events; or ``none`` with the
            reason, if the simulator never publishes such events: tests can create them with
            :meth:`make_event` and publish them with :meth:`Hub.publish`.
        """
        by_rule = self._events.heard(self._resources.rules) if self.settings.stateful else {}
        heard = {**self._operation_events.heard(), **by_rule}
        return {
            topic: "handler"
            if topic in HEARD_BY_HAND or topic in CONVERSATION_TOPICS
            else heard.get(topic, f"none: {UNCAUSED_TOPICS.get(topic, 'no rule')}")
            for topic in NOTIFICATION_TOPICS
        }

    def make_event(self, topic: str, properties: Mapping[str, Json] = _NOTHING) -> Json:
        """Return a valid body for an event on a topic, so that the event can be published.

        Use it for topics that the simulator never publishes itself, such as those of telephony
        hardware, and in tests that need an event without its cause.

        Args:
            topic: the topic, such as ``v2.telephony.providers.edges.trunks.{id}``, with or without
                its ids.
            properties: properties of the body; all others are taken from an example of the topic's
                model.

        Raises:
            InvalidValueError: there is no such topic, or its model does not declare a property or
                does not allow its value.
        """
        return make_event(self.definition, topic, properties)

    def seed_items(self, method: str, target: str, count: int) -> Sequence[Json]:
        """Add example items to a listing.

        Args:
            method: ``GET``, or ``POST`` for a search or query.
            target: the path of a listing, such as
                ``/api/v2/routing/queues/q1/members?joined=true``; items get the values of its query
                as properties, if their model has them, and missing parents are created. A path
                template selects listings below ids that are not known yet, such as a job's results.
            count: the number of items to add.

        Returns:
            The items. They are in the listing's collection if the collection is stateful; otherwise
            they are only in this listing, where filters do not apply to them.

        Raises:
            InvalidValueError: there is no such listing.
        """
        return self._seeding.fill_listing(self.state, method, target, count)

    def start_job(self, path: str, *, now: Now) -> str:
        """Start a job that no operation starts, such as a workforce scheduler job.

        Args:
            path: the collection's path, such as ``/api/v2/workforcemanagement/schedulingjobs``.
            now: the current time.

        Returns:
            The job's id.

        Raises:
            InvalidValueError: there are no jobs at the path.
        """
        at, collection = self._seeding.start_job(self.state, path, now=now)
        seconds = self.settings.job_duration
        self._operation_events.follow_job(JobStart(self.state, at, collection, None, seconds, now))
        self.hub.settle(now)
        return at[-1]

    def set_job_outcome(self, template: str, outcome: str) -> None:
        """Set how the jobs in one collection end, including those already running.

        Args:
            template: the collection's path template, such as
                ``/api/v2/analytics/conversations/details/jobs``.
            outcome: ``success``, ``failure``, or a state of the job's model, such as ``EXPIRED``.

        Raises:
            InvalidValueError: there is no such collection of jobs, or its jobs have no such state.
        """
        found = self._resources.rules.collection(template)
        states = None if found is None else found.states
        if found is None or states is None:
            raise InvalidValueError(
                f"{template}: the definition has no jobs with states at this path"
            )
        known = (SUCCESS, FAILURE, *states.names)
        if outcome not in known:
            raise InvalidValueError(f"outcome {outcome!r}: must be one of {', '.join(known)}")
        self.state.job_outcomes[found.template] = outcome

    def template(self, request: Request) -> str | None:
        """Return the path template of a request's route; ``None`` if no route matches."""
        return self._aim(request.method, _target(request.url)[0])[0]

    def _aim(self, method: str, path: str) -> "tuple[str | None, _Goal]":
        """Return the path template of a request, and its handler, its operation or its problem."""
        for root in ("/oauth/", "/logout"):
            login = _without_prefix(path, self.settings.login_prefixes, root)
            if login is not None:
                return _aim_at_login(method, login)
        path = _without_prefix(path, self.settings.api_prefixes, "/api/v2/") or path
        found = (
            self.definition.routes.find(path)
            or published.ROUTES.find(path)
            or uploads.ROUTES.find(path)
            or recordings.ROUTES.find(path)
        )
        if found is None:
            return None, no_such_resource()
        # HEAD is supported wherever GET is, as on the platform.
        route = found.routes.get(method) or found.routes.get("GET" if method == "HEAD" else "")
        if route is None:
            template = next(iter(found.routes.values())).template
            return template, method_not_allowed(list(found.routes))
        return route.template, _ApiGoal(path, route, found.arguments(route))

    def _answer(self, goal: "_Goal", request: Request, query: str, now: Now) -> Reply:
        match goal:
            case Problem():
                raise goal
            case _ApiGoal():
                return self._checked(self._call(goal, request, query, now))
            case _:
                values = parse_qs(query, keep_blank_values=True)
                form: Mapping[str, str] = _form(request) if request.method == "POST" else {}
                return goal(LoginCall(request, values, form, now, self.state, self.settings))

    def _checked(self, call: ApiCall) -> Reply:
        """Respond to a call, with a warning for values that the platform is not known to accept."""
        call = clamp_page_size(call)
        faults = list(find_value_faults(call))
        if not faults:
            return self._handle(call)
        for fault in faults:
            if fault.is_limit or self.settings.strict:
                raise fault.problem()
        reply = self._handle(call)
        headers = (*reply.headers, *warning_headers(faults))
        return Reply(reply.status, reply.body, reply.content_type, headers)

    def _handle(self, call: ApiCall) -> Reply:
        """Respond to a call, and publish events for the changes that it made."""
        check_divisions(call)
        key = (call.route.method, call.route.template)
        handler = _HANDLERS.get(key, self._resources.respond)
        # Rules look for seeded items themselves, after they have checked the ids in the path.
        seeded = list_seeds(call) if key in _HANDLERS else None
        if seeded is not None:
            return seeded
        late = show_earlier_items(call) if call.settings.lag and is_read(call) else nullcontext()
        if call.route.method in {"GET", "HEAD"}:
            with late:
                return handler(call)
        self._resources.check_body(call)
        if key in _CHECKS and self.settings.stateful:
            _CHECKS[key](call)
        if key in _AMENDMENTS and self.settings.stateful:
            call = _AMENDMENTS[key](call)
        named = [*division_objects.name_objects(call), *flow_locks.name_flow(call)]
        watch = ChangeWatch(call.state, call.route.template, call.arguments, named)
        jobs = len(call.state.jobs)  # to recognize a call that starts a job
        with late:
            reply = handler(call)
        if key in _FOLLOW_UPS:
            _FOLLOW_UPS[key](call)
        caller = call.user_id
        changes = list(watch.changes(call.state))
        for change in changes:
            if call.settings.lag:
                delay_change(call.state, change, call.now)
            work_items.keep_version(call.state, change, caller)
            call.state.notices.extend(self._events.notices(change, caller, call.now))
        has_job = len(call.state.jobs) > jobs
        self._operation_events.publish(call, reply, changes, has_job=has_job)
        return with_status(*key, reply)

    def _call(self, goal: "_ApiGoal", request: Request, query: str, now: Now) -> ApiCall:
        facts = goal.route.facts
        lag = self.settings.lag and self.settings.enforce_permissions  # else grants have no effect
        with show_earlier_grants(self.state, now) if lag else nullcontext():
            token = self._admitted(facts, request, now) if facts.security else None
            divisions = self._divisions(facts, token)
        values = parse_query(facts, query)
        check_parameters(facts, goal.arguments, values, request)
        return ApiCall(
            route=goal.route,
            path=goal.path,
            arguments=goal.arguments,
            query=values,
            body=read_body(facts, self.definition, request),
            token=token,
            now=now,
            state=self.state,
            definition=self.definition,
            host=request.headers.get("host", "") or _split(request.url).netloc,
            settings=self.settings,
            headers=request.headers,
            divisions=divisions,
        )

    def _admitted(self, facts: OperationFacts, request: Request, now: Now) -> IssuedToken:
        token = authenticate_request(request, self.state, now)
        if self.settings.rate_limit is not None:
            spend_request(token, self.settings.rate_limit, self.state, now)
        if self.settings.enforce_permissions:
            check_permissions(facts, token, self.state)
        return token

    def _divisions(self, facts: OperationFacts, token: IssuedToken | None) -> frozenset[str] | None:
        if token is None or not self.settings.enforce_permissions:
            return None
        return permitted_divisions(facts, token, self.state)

    def __repr__(self) -> str:
        return f"Simulator({self.definition!r}, {self.state!r})"


class _ApiGoal(Struct, frozen=True):
    path: str
    route: ServedRoute[OperationFacts]
    arguments: Mapping[str, str]


_Goal: TypeAlias = Problem | _ApiGoal | LoginHandler


def _aim_at_login(method: str, path: str) -> tuple[str | None, _Goal]:
    methods = [known for known, template in _LOGIN_HANDLERS if template == path]
    if not methods:
        return None, no_such_resource()
    return path, _LOGIN_HANDLERS.get((method, path)) or method_not_allowed(methods)


def _target(url: str) -> tuple[str, str]:
    """Return the path and the query of a URL; both are empty if the URL is malformed."""
    try:
        parts = _split(url)
    except ValueError:
        return "", ""
    return parts.path, parts.query


def _split(url: str) -> SplitResult:
    return urlsplit(url.encode("utf-8", "replace").decode())


def _without_prefix(path: str, prefixes: Sequence[str], root: str) -> str | None:
    """Return the path from ``root`` on, optionally after one of the prefixes."""
    for prefix in ("", *prefixes):
        before = f"/{prefix.strip('/')}" if prefix.strip("/") else ""
        if path.startswith(before + root):
            return path[len(before) :]
    return None


def _form(request: Request) -> Mapping[str, str]:
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != "application/x-www-form-urlencoded":
        raise OAuthProblem(
            400, "invalid_request", "the Content-Type must be application/x-www-form-urlencoded"
        )
    pairs = parse_qsl((request.body or b"").decode("utf-8", "replace"), keep_blank_values=True)
    form = dict(pairs)
    # RFC 6749 section 3.2: "Request and response parameters MUST NOT be included more than once."
    if len(form) != len(pairs):
        raise OAuthProblem(400, "invalid_request", "a parameter occurs more than once")
    return form


def _response(reply: Reply, request: Request, context_id: str) -> Response:
    shared = cross_origin_headers(request)
    fields = [*_SERVERS, ("ININ-Correlation-Id", context_id), *reply.headers, *shared]
    if reply.body is not None:
        fields.append(("Content-Type", reply.content_type))
    body = b"" if request.method == "HEAD" or reply.body is None else reply.body
    return Response(reply.status, Headers(fields), body)
