"""The command's default retry settings, which differ from the library's."""

from typing import Final

from genesys_core.configuration.configuration import Configuration
from genesys_core.session.retry import RetryConfiguration

__all__ = ["default_retry"]

_RETRY: Final = RetryConfiguration(max_retry_time_sec=60)


def default_retry(configuration: Configuration) -> RetryConfiguration | None:
    """Return the command's retry settings, or ``None`` if the user has configured retries.

    The command retries by default, unlike the library, because users and scripts expect retries if
    the platform is busy.
    """
    origins = {each.origin for each in configuration.describe() if each.section == "retry"}
    return _RETRY if origins <= {None, "default"} else None
