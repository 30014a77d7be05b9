"""Drives the pure core with ``http.client``: no client, no thread, no event loop of this library.

The core decides what happens next; this program only sends, sleeps and keeps the session. The same
loop fits any framework: replace ``exchange`` and ``time.sleep``.
"""

import http.client
import os
import random
import time
from urllib.parse import urlsplit

import genesys_core as core
from genesys_core.api import users


def now() -> core.Now:
    return core.Now(time.monotonic(), time.time())


def exchange(request):
    """Send one request and return its response."""
    url = urlsplit(request.url)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.netloc, timeout=60)
    try:
        connection.connect()
    except OSError as error:
        raise core.TransportFailure(str(error), kind="connect", sent=False) from error
    try:
        target = f"{url.path}?{url.query}" if url.query else url.path
        connection.request(request.method, target, request.body, dict(request.headers.raw))
        reply = connection.getresponse()
        return core.Response(reply.status, core.Headers(reply.getheaders()), reply.read())
    except (OSError, http.client.HTTPException) as error:
        raise core.TransportFailure(str(error), kind="closed", sent=True) from error
    finally:
        connection.close()


def drive(state, session):
    """Advance a call to its end; return its last state and the session."""
    while True:
        match state:
            case core.NeedToken():
                session, step = core.reserve_token(session, state, now=now())
                if isinstance(step, core.Exchanging):
                    outcome, session = drive(step.state, session)
                    session, step = core.settle_token(session, state, outcome, now=now())
                state = step
            case core.NeedPermit():
                session, state = core.reserve_permit(session, state, now=now())
            case core.Sending(request=request):
                try:
                    state = state.received(exchange(request), now=now())
                except core.TransportFailure as failure:
                    state = state.failed(failure, now=now())
            case core.ClosingGate():
                session, state = core.close_gate(session, state, now=now())
            case core.Waiting(until=until):
                time.sleep(max(0, until - time.monotonic()))
                state = state.woke(session, now=now())
            case core.Returned() | core.Raised():
                return state, session


if __name__ == "__main__":
    auth = core.ClientCredentials(
        os.environ["GENESYSCLOUD_OAUTHCLIENT_ID"], os.environ["GENESYSCLOUD_OAUTHCLIENT_SECRET"]
    )
    settings = core.Settings(hosts=core.Hosts.resolve(host=os.environ["GENESYSCLOUD_HOST"]))
    pacer = core.Pacer.of(core.Pacing())
    session = core.Session(settings, core.Vault(auth), random.random, pacer)
    outcome, session = drive(core.start(users.get_users(page_size=5), session, now=now()), session)
    if isinstance(outcome, core.Raised):
        raise outcome.error
    print(*(user.name for user in outcome.response.data.entities), sep="\n")
