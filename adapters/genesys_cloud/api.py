"""Pure builders of all operations: one module for each API, imported on first use.

``from genesys_cloud.api import users`` and ``client.send(users.get_users_me())``: an operation is a
value, which can be stored and compared, and which any client can send.
"""

from typing import TYPE_CHECKING

from genesys_core import api as _api

if TYPE_CHECKING:
    from genesys_core.api import *  # noqa: F403
else:

    def __getattr__(name: str) -> object:
        return getattr(_api, name)


def __dir__() -> list[str]:
    return dir(_api)
