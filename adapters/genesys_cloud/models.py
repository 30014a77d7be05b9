"""All models of the platform, each imported on first use.

``from genesys_cloud.models import UserMe``, or ``models.UserMe`` after ``from genesys_cloud import
models``. :func:`preload` imports models ahead of time.
"""

from typing import TYPE_CHECKING

from genesys_core import models as _models

if TYPE_CHECKING:
    from genesys_core.models import *  # noqa: F403
else:

    def __getattr__(name: str) -> object:
        return getattr(_models, name)


def __dir__() -> list[str]:
    return dir(_models)
