"""Descriptions of operations for tests of the command line, from builders written here."""

from __future__ import annotations

from genesys_core.command_line.operations import OperationDescription, describe_builders

BUILDERS = '''
def get_user(user_id, *, expand=None, state=None, expand_all=None, ratio=None, limit=None):
    """GET /api/v2/users/{userId} -> ``User``.

    Preview: may change without notice. Requires ``directory:user:view`` or
    ``admin``. Paginated by ``pageNumber``.

    Args:
        user_id: path, string.
        expand: query, list of string: presence, team,
            geolocation.
        state: query, string: active, inactive.dev. The state
            of the user.
        expand_all: query, boolean.
        ratio: query, number.
        limit: query, integer.
    """


def put_rows(list_id, day, *, body, etag=None, tag=None):
    """Replace the rows of a list.

    PUT /api/v2/lists/{listId}/{day} -> list of ``Row``.
    Deprecated. Read-only.
    https://developer.genesys.example/#put-rows

    Args:
        list_id: the ID of the list.
        day: path, date. The first day of the week.
        body: ``Rows``.
        etag: header ``If-Match``, string.
        tag: query, list of string. Only these tags.
    """


def post_rows(list_id, kind, rows):
    """POST /api/v2/lists/{listId} -> nothing.

    Args:
        list_id: path, string.
        kind: query, string.
        rows: body, list of ``Row``.
    """


def bare(body=None):
    pass


def _private():
    pass


CONSTANT = 1
'''


def described(source: str = BUILDERS) -> dict[str, OperationDescription]:
    return describe_builders("lists", compile(source, "lists.py", "exec"))
