"""Summaries of operations are read from the builders."""

from __future__ import annotations

from types import ModuleType

from genesys_cloud import UsersApi
from genesys_core import operation_summaries, operation_summary
from genesys_core.api import users


def test_a_summary_is_the_first_line_of_a_builder() -> None:
    assert operation_summary(users.get_user) == "Get a user"
    assert operation_summary(UsersApi.get_user) == "Get a user"


def test_a_summary_is_empty_where_there_is_no_docstring() -> None:
    def stripped() -> None:
        pass

    assert operation_summary(stripped) == ""


def test_an_api_has_a_summary_for_each_of_its_operations() -> None:
    found = operation_summaries(users)
    assert next(iter(found)) == "delete_analytics_users_aggregates_job"
    assert found["get_user"] == "Get a user"
    assert len(found) == 130
    assert all(found.values())


def test_what_a_module_imports_and_keeps_is_no_operation() -> None:
    module = ModuleType("module")
    exec('def get_x():\n    "Get x."\ndef _help():\n    "Help."\nother = 1', vars(module))
    assert operation_summaries(module) == {"get_x": "Get x"}
