"""Defaults of the command."""

from genesys_core.command_line.call_defaults import default_retry
from genesys_core.configuration.configuration import DEFAULTS, Configuration, merge


def test_calls_are_retried_unless_the_settings_say_otherwise():
    assert default_retry(merge(DEFAULTS)) == default_retry(Configuration())
    retry = default_retry(DEFAULTS)
    assert retry is not None
    assert retry.max_retry_time_sec == 60
    for text in ("retry_wait_max = 0", "retry_max = 3"):
        configured = Configuration.from_text(f"[retry]\n{text}\n")
        assert default_retry(merge(configured, DEFAULTS)) is None
