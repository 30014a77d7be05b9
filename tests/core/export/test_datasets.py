"""Exports by name: the table fits the definition, and any listing or job can be exported."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from genesys_core.api.knowledge import get_knowledge_knowledgebases
from genesys_core.calls.operation import JobOperation
from genesys_core.codec.decoding import resolve_type
from genesys_core.codec.intervals import Interval
from genesys_core.errors import InvalidValueError
from genesys_core.export.columns import columns_of, record_type
from genesys_core.export.datasets import (
    DATASETS,
    availability_operation,
    build_recordings_export,
    find_export,
)
from genesys_core.export.plan import Export, plan, record_endpoint, with_interval
from genesys_core.models import AnalyticsConversation, AuditLogMessage, User

DAYS = Interval.of_days(date(2024, 1, 1), date(2024, 2, 9))


def record_model(export):
    return resolve_type(plan(export)[0].model)


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_has_operations_and_typed_records(name):
    dataset = DATASETS[name]
    export = find_export(name, DAYS if dataset.interval else None)
    assert export.name == name
    columns = [column.name for column in columns_of(record_model(export))]
    assert len(columns) > 2
    assert not dataset.moment or dataset.moment in columns
    endpoint = record_endpoint(export.operations[0])
    assert not endpoint.listing.identity or endpoint.listing.identity in columns
    for one in plan(export):
        assert all(with_interval(each, one.places, one.interval) for each in one.operations)
    assert isinstance(export.archive, JobOperation) == bool(dataset.archive)


def test_limits_and_places_are_those_of_the_platform():
    exports = {
        name: find_export(name, DAYS if dataset.interval else None)
        for name, dataset in DATASETS.items()
    }
    assert {name: dataset.size for name, dataset in DATASETS.items() if dataset.size} == {
        "conversations": ("body.paging.pageSize", 100),
        "user-details": ("body.paging.pageSize", 100),
        "users": ("query.pageSize", 500),
        "queues": ("query.pageSize", 500),
        "external-contacts": ("query.limit", 200),
        "external-organizations": ("query.limit", 200),
    }
    assert {name: one.longest.days for name, one in exports.items() if one.longest} == {
        "conversations": 31,
        "user-details": 31,
    }
    assert {name for name, one in exports.items() if one.days != 1} == {"evaluations"}
    assert exports["evaluations"].places == ("query.startTime", "query.endTime")
    # Without an interval as well, because the digest of an export depends on it.
    assert exports["users"].places == ("body.interval",)


def _private():
    raise NotImplementedError


_private.__module__ = "genesys_core.api.users"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_private", _private),
        ("imported", dict),
        ("constant", SimpleNamespace(__module__="genesys_core.api.users")),
    ],
)
def test_nothing_but_a_builder_of_an_api_is_an_export(name, value, monkeypatch):
    monkeypatch.setattr(f"genesys_core.api.users.{name}", value, raising=False)
    with pytest.raises(InvalidValueError, match=f"^'users.{name}': no such export"):
        find_export(f"users.{name}")


def test_conversations_by_name():
    until = datetime(2024, 1, 3, tzinfo=UTC)
    filters = {"conversationFilters": []}
    export = find_export("conversations", DAYS, body=filters, available_until=until, days=2)
    assert export.archive.body == filters
    assert export.operations[0].body == {**filters, "paging": {"pageSize": 100}}
    assert (export.days, export.longest) == (2, timedelta(days=31))
    assert [one.source for one in plan(export)][:2] == ["job", "listing"]
    assert record_model(export) is AnalyticsConversation
    assert record_model(find_export("audits", DAYS)) is AuditLogMessage


def test_parameters_of_the_query():
    export = find_export("users", query={"state": "any"})
    assert export.operations[0].options.query == {"state": "any"}
    assert ("pageSize", 500) in export.operations[0].query
    smaller = find_export("users", query={"pageSize": 7}).operations[0]
    assert smaller.options.query == {"pageSize": 7}
    assert ("pageSize", 500) not in smaller.query
    assert record_model(export) is User


def test_any_listing_or_job_by_its_method():
    groups = find_export("groups.get_groups")
    assert (groups.name, groups.operations[0].endpoint.name) == ("groups-get_groups", "get_groups")
    assert groups.operations[0].options.query == {}
    members = find_export("groups.get_group_members", path={"group_id": "g"})
    assert members.operations[0].path == (("groupId", "g"),)
    job = find_export("analytics.post_analytics_flows_aggregates_query", body={"interval": "x"})
    assert job.operations[0].body == {"interval": "x"}


def test_a_job_without_a_listing_of_results_has_no_known_records():
    export = find_export("conversations", DAYS)
    assert record_endpoint(export.archive).name == "get_analytics_conversations_details_job_results"
    plain = find_export(
        "workforce_management.post_workforcemanagement_adherence_historical_bulk", body={}
    )
    assert record_endpoint(plain.operations[0]) is None
    assert record_model(plain) is Any
    listing = Export("x", (get_knowledge_knowledgebases(),))
    assert record_model(listing) is record_type(listing.operations[0].endpoint)


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("conversations", {}, "needs an interval"),
        ("users", {"interval": DAYS}, "no known field for an interval"),
        ("users", {"body": {}}, "takes no body"),
        ("nonsense", {}, "no such export; use one of audits, "),
        ("users.get_nonsense", {}, "no such export"),
        ("users._m", {}, "no such export"),
        ("users.get users", {}, "no such export"),
        ("nonsense.get_users", {}, "no such export"),
        ("groups.get_group_members", {}, "pass its path parameters in `path`"),
        ("users.get_users_me", {}, "neither lists"),
    ],
)
def test_a_bad_name_or_argument_is_refused(name, arguments, words):
    with pytest.raises(InvalidValueError, match=words):
        find_export(name, **arguments)


def test_wrong_types():
    with pytest.raises(TypeError, match="query"):
        find_export("users", query=[])
    with pytest.raises(TypeError, match="name must be a str, not an int"):
        find_export(5)
    with pytest.raises(TypeError, match="media must be"):
        build_recordings_export(["c-1"], media="no")


def test_the_availability_of_an_archive_is_an_operation():
    name = "get_analytics_conversations_details_jobs_availability"
    assert availability_operation("conversations").endpoint.name == name
    assert availability_operation("users") is None
    assert availability_operation("groups.get_groups") is None


def test_recordings_of_conversations():
    export = build_recordings_export(["c-1", "c-2", "c-1", "c-3"], group=2, format_id="MP3")
    assert [
        [dict(one.path)["conversationId"] for one in part.operations] for part in plan(export)
    ] == [
        ["c-1", "c-2"],
        ["c-3"],
    ]
    assert dict(export.operations[0].query)["formatId"] == "MP3"
    assert export.media
    alone = build_recordings_export(("c-1",), media=False)
    assert alone.group == 50
    assert dict(alone.operations[0].query)["maxWaitMs"] == 5000
    assert dict(alone.operations[0].query)["formatId"] == "NONE"
    assert not alone.media
    with pytest.raises(InvalidValueError, match="pass the ids of conversations"):
        build_recordings_export([])
    with pytest.raises(TypeError, match="conversation_ids"):
        build_recordings_export("c-1")
