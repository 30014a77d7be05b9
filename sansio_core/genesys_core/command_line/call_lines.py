"""Lines that the command prints about calls: attempts, waits and progress.

Invariants: a line contains no secret, and no character that a terminal interprets.
"""

from genesys_core.http.messages import Request, Response, TransportFailure
from genesys_core.oauth.tokens import CORRELATION_ID
from genesys_core.observability.terminal import escape_line

__all__ = ["attempt_line", "progress_line", "waiting_line"]


def attempt_line(request: Request, outcome: Response | TransportFailure, seconds: float) -> str:
    """Return a line about an attempt: the request, its outcome and the time since the call began.

    Args:
        request: the request as it was sent.
        outcome: the response or the transport's failure.
        seconds: seconds since the call began.
    """
    if isinstance(outcome, Response):
        result = str(outcome.status)
        correlation_id = outcome.headers.get(CORRELATION_ID)
        size = f", {len(outcome.body):,} bytes"
        about = f"{size}, correlation id {correlation_id}" if correlation_id else size
    else:
        result, about = f"failed: {outcome.message}", ""
    url = request.redacted().url
    return escape_line(f"> {request.method} {url}: {result} after {seconds:.3f} s{about}")


def waiting_line(seconds: float, reason: str) -> str:
    """Return a line about a call's wait and its reason."""
    return escape_line(f"> waiting {seconds:.1f} s: {reason}")


def progress_line(done: int, total: int | None, seconds: float, noun: str) -> str:
    """Return a line about progress, with the rate and, if the total is known, the remaining time.

    Args:
        done: the number of finished items.
        total: the number of all items; ``None`` if unknown.
        seconds: seconds since the work began.
        noun: a plural noun for the items, such as ``rows``.
    """
    rate = done / seconds if seconds > 0 else 0.0
    line = f"{done:,} {noun}" if total is None else f"{done:,} of {total:,} {noun}"
    if rate:
        line += f", {rate:,.1f}/s"
    if rate and total is not None and done < total:
        line += f", {_duration((total - done) / rate)} left"
    return line


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
