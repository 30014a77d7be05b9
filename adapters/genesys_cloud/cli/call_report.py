"""Reports on calls: prints the lines of ``--verbose``, and records why calls wait."""

import sys
from typing import Any

from genesys_core.calls.lifecycle import Raised, Returned, Sending, State, Waiting
from genesys_core.clock import Now
from genesys_core.command_line.call_lines import attempt_line, waiting_line
from genesys_core.http.messages import Purpose, Request, Response, TransportFailure
from genesys_core.observability.observers import CallObserver, Observer

__all__ = ["CallReport"]


class CallReport(Observer):
    """Observes the calls of a command's client: prints them, and records why they wait.

    Args:
        is_verbose: whether each attempt and each wait is printed to standard error.

    Attributes:
        waiting_for: the reason why a call waits; empty if no call waits.
    """

    def __init__(self, *, is_verbose: bool) -> None:
        self.is_verbose = is_verbose
        self.waiting_for = ""

    def begin(
        self,
        operation_name: str,  # noqa: ARG002 - as in the base class
        purpose: Purpose,  # noqa: ARG002
        now: Now,
    ) -> CallObserver:
        """Return an observer of the call."""
        return _ReportedCall(self, now)


class _ReportedCall(CallObserver):
    def __init__(self, report: CallReport, now: Now) -> None:
        self._report = report
        self._began = now

    def attempted(
        self,
        sending: Sending[Any],  # noqa: ARG002 - as in the base class
        request: Request,
        outcome: Response | TransportFailure,
        state: State[Any],  # noqa: ARG002
        now: Now,
    ) -> None:
        self._report.waiting_for = ""
        if not self._report.is_verbose:
            return
        seconds = now.monotonic - self._began.monotonic
        sys.stderr.write(f"{attempt_line(request, outcome, seconds)}\n")

    def waiting(self, waiting: Waiting[Any]) -> None:
        self._report.waiting_for = waiting.why
        if self._report.is_verbose:
            sys.stderr.write(f"{waiting_line(waiting.seconds, waiting.why)}\n")

    def ended(self, outcome: Returned[Any] | Raised | None, now: Now) -> None:
        """Do nothing: the end of a call is not reported."""
