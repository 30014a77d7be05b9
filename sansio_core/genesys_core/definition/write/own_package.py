"""Writes the modules that exist only in a user's own package.

Invariants: importing the package imports no model and no API. Its clients are those of this
library, but with the APIs and topics of the package's definition.
"""

from genesys_core.definition.read.definition import ApiDefinition
from genesys_core.definition.write.layout import Layout
from genesys_core.definition.write.source_text import count_things, quote_string, write_banner

__all__ = ["package_sources"]


def package_sources(definition: ApiDefinition, layout: Layout) -> dict[str, str]:
    """Return the files, by path, that only a user's own package has; empty for this library."""
    if layout.base is None:
        return {}
    banner, base = write_banner(definition.version), layout.base
    count = count_things(len(definition.operations()), "operation")
    names = {"package": layout.package, "count": count}
    return {
        f"{base}/__init__.py": banner + _PACKAGE.format(**names),
        f"{base}/_sync_client.py": banner + _SYNC_CLIENT.format(**names),
        f"{base}/_async_client.py": banner + _ASYNC_CLIENT.format(**names),
        f"{base}/api/_endpoint.py": banner
        + _ENDPOINT.format(**names, quoted=quote_string(layout.package)),
        f"{base}/py.typed": "",
    }


_PACKAGE = '''\
"""A client for the Genesys Cloud Platform API, generated from a definition with {count}.

The clients, models and operations are generated from this definition; grants, errors and settings
are those of :mod:`genesys_cloud`. Names are imported on first use.
"""

from typing import TYPE_CHECKING

from genesys_core._lazy import export_lazily

if TYPE_CHECKING:
    from {package} import api as api
    from {package} import models as models
    from {package}._async_client import AsyncClient as AsyncClient
    from {package}._sync_client import Client as Client
    from {package}.api import DEFINITION_VERSION as DEFINITION_VERSION
    from {package}.apis import *
    from {package}.topics import NOTIFICATION_TOPICS as NOTIFICATION_TOPICS

export_lazily(
    globals(),
    {{
        "{package}._async_client": "AsyncClient",
        "{package}._sync_client": "Client",
        "{package}.api": "DEFINITION_VERSION api=.",
        "{package}.models": "models=.",
        "{package}.topics": "NOTIFICATION_TOPICS",
    }},
    endings={{"Api": "{package}.apis"}},
)
'''

_SYNC_CLIENT = '''\
"""The synchronous client."""

from genesys_cloud.client.sync_client import SyncClientBase

from {package}.apis._clients import SyncApis

__all__ = ["Client"]


class Client(SyncClientBase, SyncApis):
    """:class:`genesys_cloud.Client` with the {count} of this package."""
'''

_ASYNC_CLIENT = '''\
"""The asynchronous client, for asyncio and trio."""

from genesys_cloud.client.async_client import AsyncClientBase

from {package}.apis._clients import AsyncApis

__all__ = ["AsyncClient"]


class AsyncClient(AsyncClientBase, AsyncApis):
    """:class:`genesys_cloud.AsyncClient` with the {count} of this package."""
'''

_ENDPOINT = '''\
"""Endpoints with this package's own types and jobs."""

from genesys_core.calls.operation import Endpoint as _Endpoint

__all__ = ["Endpoint"]


class Endpoint(_Endpoint, frozen=True):
    """An endpoint of this package's definition."""

    package: str = {quoted}
'''
