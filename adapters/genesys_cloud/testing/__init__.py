"""Mock transports for tests of programs that use this library: no network, no server.

::

    transport = MockTransport(lambda request: json_response({"name": "Ann"}))
    client = Client(host="https://api.example", access_token="t", transport=transport)
    assert client.users.get_users_me().name == "Ann"
    assert transport.requests[0].method == "GET"

:mod:`genesys_cloud.testing.strategies` has strategies for models, responses, failures and whole
calls, for property tests with Hypothesis (``pip install 'genesys-cloud[hypothesis]'``).
:mod:`genesys_cloud.testing.pytest_plugin` has fixtures with a simulated organization; pytest loads
it automatically.
"""

from typing import TYPE_CHECKING

from genesys_core._lazy import export_lazily

if TYPE_CHECKING:
    from genesys_cloud.testing.mock_transports import AsyncMockTransport as AsyncMockTransport
    from genesys_cloud.testing.mock_transports import Handler as Handler
    from genesys_cloud.testing.mock_transports import MockTransport as MockTransport
    from genesys_cloud.testing.mock_transports import json_response as json_response

export_lazily(
    globals(),
    {
        "genesys_cloud.testing.mock_transports": (
            "AsyncMockTransport Handler MockTransport json_response"
        ),
    },
)
