"""Mock transports for tests of programs that use this library: no network, no server.

::

    transport = MockTransport(lambda request: json_response({"name": "Ann"}))
    client = Client(host="https://api.example", access_token="t", transport=transport)
    assert client.users.get_users_me().name == "Ann"
    assert transport.requests[0].method == "GET"

:mod:`genesys_cloud.testing.strategies` has models, responses, failures and lives of calls for
property tests with Hypothesis (``pip install 'genesys-cloud[hypothesis]'``).
"""

from genesys_cloud.testing.mock_transports import (
    AsyncMockTransport,
    Handler,
    MockTransport,
    json_response,
)

__all__ = ["AsyncMockTransport", "Handler", "MockTransport", "json_response"]
