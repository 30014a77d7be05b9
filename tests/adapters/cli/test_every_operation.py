"""Every operation on the command line: its help, and the request that it would send.

The arguments come from the definition; the expected request is checked against the definition in
the same way as the library's own requests.
"""

import json
from unittest import mock

import pytest

from genesys_cloud.cli import dry_run, run_operation
from genesys_cloud.cli.operation_catalog import api_names, operations_of
from genesys_core.definition.read.naming import to_snake_case
from tests.helpers.command import run_command
from tests.helpers.every_operation import (
    BASE,
    argument,
    attribute,
    body,
    check,
    methods,
)

pytestmark = pytest.mark.usefixtures("clean_home")


def words_of(operation):
    """The arguments of an operation, all of them, and the body's value."""
    sent = {}
    words = []
    for parameter in operation.get("parameters", []):
        name = to_snake_case(parameter["name"])
        option = "--" + name.strip("_").replace("_", "-")
        if parameter["in"] == "body":
            sent[name] = body(parameter["schema"])
            words += ["--body", json.dumps(sent[name])]
        elif parameter["in"] == "header":
            words.append(f"{option}=etag")
        else:
            words += [f"{option}={text}" for text in argument(parameter)[1]]
    return words, sent


def check_operations(step):
    chosen = sorted(methods(), key=lambda each: (each[0], each[3]["x-python-method-name"]))[::step]
    client = _Client()
    with (
        mock.patch.object(dry_run, "new_client", client),
        mock.patch.object(run_operation, "print_request", client.keep),
    ):
        for tag, method, path, operation in chosen:
            api, name = attribute(tag), operation["x-python-method-name"]
            shown = run_command(api, name, "--help")
            assert (shown.code, shown.err) == (0, ""), (api, name)
            assert f"{method} {path}" in shown.out
            words, sent = words_of(operation)
            for word in words:
                if word.startswith("--"):
                    assert word.partition("=")[0] in shown.out, (api, name, word)
            done = run_command(api, name, *words, "--host", BASE, dry_run_option(operation))
            assert (done.code, done.err) == (0, ""), (api, name, done.err)
            check(client.request, method, path, operation, sent)
            client.request = None
    client.close()
    return len(chosen)


def dry_run_option(operation):
    """Four operations have a parameter of this name, which comes first."""
    names = {to_snake_case(each["name"]) for each in operation.get("parameters", [])}
    return "--cli-dry-run" if "dry_run" in names else "--dry-run"


class _Client:
    """One client for all, because a client costs more than all the rest."""

    def __init__(self):
        self.request = None
        self._client = None

    def __call__(self, **options):
        if self._client is None:
            from genesys_cloud import Client

            options["access_token"] = "t"
            self._client = Client(**options)
            self.close = self._client.close
            self._client.close = lambda: None
        return self._client

    def keep(self, request, *, as_curl):
        self.request = request

    def close(self):
        """Nothing to close yet."""


@pytest.mark.slow
def test_a_sample_of_all_operations():
    assert check_operations(step=37) == 95


@pytest.mark.slow
def test_every_operation():
    assert check_operations(step=1) == 3508


def test_the_catalog_is_complete():
    catalog = {(api, name) for api in api_names() for name in operations_of(api)}
    assert catalog == {
        (attribute(tag), operation["x-python-method-name"]) for tag, _, _, operation in methods()
    }
    for api in api_names():
        for each in operations_of(api).values():
            assert each.method
            assert all(parameter.kind for parameter in each.parameters), each
