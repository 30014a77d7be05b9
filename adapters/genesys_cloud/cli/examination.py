"""The steps of ``genesys-cloud doctor``.

Invariants: nothing is changed on the platform, except that a token and a notification channel are
created. Secrets are not shown. Exit code 0 if every step succeeds, otherwise the exit code for the error.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from genesys_cloud.cli.connection import client_options, open_client
from genesys_cloud.cli.terminal import print_line
from genesys_core.command_line.exit_codes import CommandExit, ExitCode, exit_code_of, is_expected

if TYPE_CHECKING:
    from genesys_cloud import Client
    from genesys_core.command_line.diagnosis import Diagnosis, DoctorStep

__all__ = ["examine"]


def examine(options: Mapping[str, Any], timeout: float) -> None:
    """Check a setup step by step, and print the outcome of each step.

    Args:
        options: the command's options, by name without dashes.
        timeout: the timeout for each step, in seconds.

    Raises:
        CommandExit: a step failed.
    """
    with ExitStack() as stack:
        _Doctor(options, timeout, stack).run()


class _Doctor:
    """One run of ``doctor``."""

    def __init__(self, options: Mapping[str, Any], timeout: float, stack: ExitStack) -> None:
        self._options = options
        self._timeout = timeout
        self._stack = stack
        self._client: Client | None = None
        self._user_id: str | None = None

    def run(self) -> None:
        """Run the steps in order, and stop at the first failure."""
        steps: dict[DoctorStep, Callable[[], str]] = {
            "configuration": self._configure,
            "connection": self._connect,
            "token": self._obtain_token,
            "user": self._read_user,
            "channel": self._open_channel,
        }
        for name, step in steps.items():
            try:
                print_line(f"ok    {name:<13} {step()}")
            except Exception as error:  # noqa: BLE001 - raised again if it is unexpected
                raise self._report_failure(name, error) from None

    def _report_failure(self, name: str, error: Exception) -> BaseException:
        """Print the diagnosis of a failed step, and return the exception that ends the command."""
        from genesys_core.command_line.diagnosis import diagnose_error  # noqa: PLC0415 - see cli.app

        if isinstance(error, _Found):
            _print_diagnosis(name, error.diagnosis)
            return CommandExit(error.code)
        if not is_expected(error):
            return error
        _print_diagnosis(name, diagnose_error(error))
        return CommandExit(exit_code_of(error))

    def _configure(self) -> str:
        options = client_options(self._options)
        client = self._stack.enter_context(open_client(self._options))
        # The deadline also limits retries and waits.
        self._client = client.with_options(timeout=self._timeout, deadline=self._timeout)
        where = str(client.configuration.hosts.api)
        return f"{where} {' '.join(str(each) for each in (options.get('config_file'),) if each)}".strip()

    def _connect(self) -> str:
        """Test the connection with an invalid token: any response of the platform is a success."""
        from genesys_cloud import Client  # noqa: PLC0415 - see cli.app
        from genesys_core.calls.operation import raw_operation  # noqa: PLC0415
        from genesys_core.command_line.diagnosis import (  # noqa: PLC0415
            diagnose_clock,
            is_answer,
        )
        from genesys_core.errors import ApiError  # noqa: PLC0415

        # A separate client, because the command's client would obtain a token first. The host is taken
        # from the command's client, because a saved sign-in may determine the host.
        host = self._known.configuration.hosts.api
        options = client_options(self._options)
        options["host"] = host
        options["access_token"] = "doctor"  # noqa: S105 - not a valid token
        options["timeout"] = options["deadline"] = self._timeout
        with Client(**options) as client:
            try:
                headers = client.send_raw(raw_operation("GET", "/api/v2/date")).headers
            except ApiError as error:
                if not is_answer(error):
                    raise
                headers = error.headers
        wrong = diagnose_clock(_clock_difference(headers.get("date")))
        if wrong is not None:
            raise _Found(wrong, ExitCode.FAILURE)
        return f"{host} responds"

    def _obtain_token(self) -> str:
        from genesys_core.command_line.diagnosis import NO_CREDENTIALS  # noqa: PLC0415
        from genesys_core.errors import AuthenticationError  # noqa: PLC0415

        client = self._known
        try:
            organization = client.tokens.get_tokens_me().organization
        except AuthenticationError:
            if client.auth.token is None:
                raise _Found(NO_CREDENTIALS, ExitCode.NOT_SIGNED_IN) from None
            raise
        name = organization and organization.name
        return f"accepted, organization {name}" if name else "accepted"

    def _read_user(self) -> str:
        from genesys_core.command_line.diagnosis import lacks_user  # noqa: PLC0415
        from genesys_core.errors import ApiError  # noqa: PLC0415

        try:
            me = self._known.users.get_users_me()
        except ApiError as error:
            if lacks_user(error):
                return "none: the token belongs to an OAuth client"
            raise
        self._user_id = me.id
        return f"{me.name or '?'} <{me.email or '?'}>"

    def _open_channel(self) -> str:
        client = self._known
        if self._user_id is None:
            client.notifications.post_notifications_channels()
            return "created"
        with client.notification_handler() as handler:
            topic = f"v2.users.{self._user_id}.presence"
            handler.add_subscription(topic, timeout=self._timeout)
        return "open, with one subscription"

    @property
    def _known(self) -> "Client":
        if self._client is None:
            raise AssertionError("the first step creates the client")
        return self._client


class _Found(Exception):  # noqa: N818 - not an error of the library
    """Raised by a step that detected a problem although the library raised no error."""

    def __init__(self, diagnosis: "Diagnosis", code: ExitCode) -> None:
        super().__init__(diagnosis.message)
        self.diagnosis = diagnosis
        self.code = code


def _clock_difference(date: str | None) -> float | None:
    """Return the seconds by which this machine's clock is ahead of a ``Date`` header."""
    try:
        return time.time() - parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return None


def _print_diagnosis(step: str, diagnosis: "Diagnosis") -> None:
    print_line(f"FAIL  {step:<13} {diagnosis.cause}: {diagnosis.message}")
    print_line(f"      {'':<13} {diagnosis.advice}")
