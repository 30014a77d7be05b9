"""Signs a user in with the browser (authorization code with PKCE) and remembers the sign-in.

The first argument is the id of an OAuth client whose redirect URIs contain
``http://127.0.0.1:8765/callback``. The second run continues with the saved refresh token.
"""

import sys
import webbrowser
from pathlib import Path

from genesys_cloud import Client, Hosts, RefreshToken
from genesys_cloud.login import BrowserSignIn
from genesys_cloud.token_stores import FileTokenStore, TokenKey

STORE = Path("tokens.json")


def main(client_id: str, host: str = "https://api.mypurecloud.com", port: str = "8765") -> None:
    store = FileTokenStore(STORE)
    kept = store.load(TokenKey(client_id, Hosts.resolve(host=host).login))
    if kept is not None and kept.refresh_token:
        grant = RefreshToken(client_id, refresh_token=kept.refresh_token)
        with Client(host=host, auth=grant, token_store=store) as client:
            print(f"Welcome back, {client.users.get_users_me().name}")
        return
    with Client(host=host, token_store=store) as client:
        with BrowserSignIn(client_id, client, port=int(port)) as attempt:
            print(f"Sign in at {attempt.url}", flush=True)
            webbrowser.open(attempt.url)
            attempt.wait(timeout=300)
        print(f"Signed in as {client.users.get_users_me().name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
