"""A client in another process, with a token file; run as a program, in any flavour.

It says what it has come to on its standard output and waits for a line before it goes on, as
``token_store_process`` does: nothing depends on timing.

    python token_client_process.py sync|asyncio|trio call <path> <url>
    python token_client_process.py sync|asyncio|trio refresh <path> <url> <times>
    python token_client_process.py sync|asyncio|trio stop-before-rename <path> <url>
    python token_client_process.py sync|asyncio|trio stop-in-content <path> <url>
"""

from __future__ import annotations

import sys

from genesys_cloud.token_stores import FileTokenStore
from genesys_core.api import users
from genesys_core.errors import GenesysCloudError
from genesys_core.oauth.grants import RefreshToken
from tests.helpers.flavours import RUNNERS, Api, settled
from tests.helpers.token_store_process import say, stop_before_rename, stop_in_content, wait

GRANT = RefreshToken("id", None, "r0")


def main(flavour: str, what: str, path: str, url: str, times: str = "1") -> None:
    async def scenario(api: Api) -> None:
        say("ready")
        wait()
        try:
            for _ in range(int(times)):
                await (settled(api.client.auth.refresh()) if what == "refresh" else api.send(me))
        except GenesysCloudError as error:
            say(type(error).__name__)
        else:
            say(api.client.auth.token.access_token)

    me = users.get_users_me()
    if what == "stop-before-rename":
        stop_before_rename()
    if what == "stop-in-content":
        stop_in_content()
    store = FileTokenStore(path)
    RUNNERS[flavour](scenario, host=url, auth=GRANT, token_store=store, refresh_token_wait_max=60)


if __name__ == "__main__":
    main(*sys.argv[1:])
