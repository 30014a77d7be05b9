"""Places in a rate limit that all machines share, granted by a script on Redis.

A place is a permit to send one request at or after a given time.

Invariants: a place is granted in one atomic step with the clock of Redis, so clock skew between
machines does not matter. No window contains more places than its limit, including places granted for
a later time. Places are granted first in, first out, to all machines together. A place that is not
used in time expires.

A client that requests a place is granted one at once, or gets a ticket and a later time, at which
the client repeats the request with the ticket. If a client has had a place recently, but Redis has
lost the state of the rate limit, the gate is closed for the length of the longest window.
"""

from collections.abc import Sequence
from typing import Final

from genesys_core.errors import BudgetError
from genesys_core.redis.resp import RedisReply, encode_command
from genesys_core.session.budget import TICKET, RatePlace
from genesys_core.session.pacing import Pacer, RateWindow, Reservation

__all__ = [
    "close_command",
    "find_lanes",
    "find_ticket",
    "leave_command",
    "read_place",
    "share_pacer",
    "take_command",
]

SECOND: Final = 1_000_000
"""Microseconds per second; all times in the scripts are in microseconds, as in replies to
``TIME``."""

# - '%.0f': Lua writes numbers of 16 digits in scientific notation, which loses some of them.
# - longest * 0.01: a ticket that comes this late still has its place, because windows are extended by
#   2 % (pacing.MARGIN). Later, its request might be one too many for the platform.
# - repeat ... until: a place that one lane moves to later may be excluded by another lane.
# - 172800000 ms, two days: tickets are numbered anew only after the longest window, a day.
TAKE_SCRIPT: Final = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local gate, counter, id, had = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local opens = tonumber(redis.call('GET', gate) or '0')
local longest = 0
for i = 3, #KEYS do longest = math.max(longest, tonumber(ARGV[2 * i - 2])) end
if had == '1' and redis.call('EXISTS', counter) == 0 then
  opens = math.max(opens, now + longest)
  redis.call('SET', gate, string.format('%.0f', opens), 'PX', math.ceil((opens - now) / 1000) + 1)
end
if id ~= '' then
  local held = tonumber(redis.call('ZSCORE', KEYS[#KEYS], id) or '-1')
  if held >= opens and held >= 0 then
    local late = now - held
    if late < 0 then return {-late, id, 0} end
    if late <= longest * 0.01 then return {0, id, 0} end
  end
  for i = 3, #KEYS do redis.call('ZREM', KEYS[i], id) end
end
local lanes = {}
for i = 3, #KEYS do
  local window = tonumber(ARGV[2 * i - 2])
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now - 2 * window)
  local raw = redis.call('ZRANGEBYSCORE', KEYS[i], string.format('(%.0f', now - window), '+inf', 'WITHSCORES')
  local times = {}
  for j = 2, #raw, 2 do times[#times + 1] = tonumber(raw[j]) end
  lanes[#lanes + 1] = {limit = tonumber(ARGV[2 * i - 3]), window = window, times = times}
end
-- A window must not contain more places than the limit. So a run of `limit` places excludes new
-- ones from a window before its last place to a window after its first. The runs are in order of time.
local function earliest(lane, s)
  local times, limit, window = lane.times, lane.limit, lane.window
  for i = 1, #times - limit + 1 do
    local last, free = times[i + limit - 1], times[i] + window
    if last - window >= s then break end
    if last < free and s < free then s = free end
  end
  return s
end
local place, why = math.max(now, opens), 0
repeat
  local before = place
  for i, lane in ipairs(lanes) do
    local found = earliest(lane, place)
    if found > place then place, why = found, i end
  end
until place == before
id = redis.call('INCR', counter)
redis.call('PEXPIRE', counter, 172800000)
for i = 3, #KEYS do
  redis.call('ZADD', KEYS[i], string.format('%.0f', place), id)
  redis.call('PEXPIRE', KEYS[i], math.ceil((place - now + 2 * lanes[i - 2].window) / 1000))
end
if opens > now and why == 0 then why = -1 end
return {place - now, tostring(id), why}
"""
"""A Lua script that grants a place. It returns the time until the place in microseconds, the ticket,
and the number of the limit that delays the place, counted from 1. The number is -1 if the closed gate
delays the place, and 0 if nothing does or if an earlier request was granted the place."""

LEAVE_SCRIPT: Final = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
for i = 1, #KEYS do
  local held = redis.call('ZSCORE', KEYS[i], ARGV[1])
  if held and tonumber(held) > now then redis.call('ZREM', KEYS[i], ARGV[1]) end
end
return 0
"""

CLOSE_SCRIPT: Final = """
local t = redis.call('TIME')
local opens = t[1] * 1000000 + t[2] + tonumber(ARGV[1])
if opens > tonumber(redis.call('GET', KEYS[1]) or '0') then
  redis.call('SET', KEYS[1], string.format('%.0f', opens), 'PX', math.ceil(ARGV[1] / 1000) + 1)
end
return 0
"""


def find_lanes(pacer: Pacer, path: str) -> tuple[RateWindow, ...]:
    """Return the rate limits that apply to a request; the last one applies to all paths."""
    return tuple(window for window in pacer.windows if window.applies_to(path))


def find_ticket(reservation: Reservation | None) -> int | None:
    """Return the ticket that Redis issued for a reservation; ``None`` if Redis issued none."""
    return None if reservation is None else dict(reservation.tickets).get(TICKET)


def take_command(
    prefix: str, key: str, lanes: Sequence[RateWindow], *, ticket: int | None, had_places: bool
) -> bytes:
    """Return the command that requests a place in a rate limit.

    Args:
        prefix: the prefix of all Redis keys.
        key: the key that identifies the token whose rate limit is used.
        lanes: the rate limits that apply to the request.
        ticket: the ticket of the place that the client waits for; ``None`` for its first request.
        had_places: whether the client was granted a place within the last window of the limit for
            all paths.
    """
    names = [_gate(prefix, key), _name(prefix, key, "counter"), *_lanes(prefix, key, lanes)]
    limits: list[str] = []
    for lane in lanes:
        limits += [str(lane.limit), str(round(lane.window * SECOND))]
    held = "" if ticket is None else str(ticket)
    words = (*names, held, "1" if had_places else "0", *limits)
    return encode_command("EVAL", TAKE_SCRIPT, len(names), *words)


def leave_command(prefix: str, key: str, lanes: Sequence[RateWindow], ticket: int) -> bytes:
    """Return the command that releases a place whose time has not come yet."""
    names = _lanes(prefix, key, lanes)
    return encode_command("EVAL", LEAVE_SCRIPT, len(names), *names, ticket)


def close_command(prefix: str, key: str, seconds: float) -> bytes:
    """Return the command that closes the gate for all machines, for the given number of seconds.

    It is sent after a 429 response.
    """
    # The time may have passed since the response arrived.
    duration = max(round(seconds * SECOND), 0)
    return encode_command("EVAL", CLOSE_SCRIPT, 1, _gate(prefix, key), duration)


def read_place(reply: RedisReply) -> RatePlace:
    """Parse the Redis reply that grants a request its place in the rate limit.

    Raises:
        BudgetError: the reply has an unexpected form.
    """
    match reply:
        case [int(wait), bytes(ticket), int(lane)] if ticket.isdigit():
            return RatePlace(max(wait, 0) / SECOND, int(ticket), lane)
        case _:
            raise BudgetError(
                "Redis: unexpected reply to the request for a place in the rate limit"
            )


def share_pacer(pacer: Pacer, share: float) -> Pacer:
    """Return a pacer with a share of each limit, at least 1, for use while Redis is unavailable."""
    return Pacer(
        tuple(
            RateWindow(one.path, max(int(one.limit * share), 1), one.window)
            for one in pacer.windows
        )
    )


def _gate(prefix: str, key: str) -> str:
    return _name(prefix, key, "gate")


def _lanes(prefix: str, key: str, lanes: Sequence[RateWindow]) -> list[str]:
    return [_name(prefix, key, f"lane{lane.path}") for lane in lanes]


def _name(prefix: str, key: str, what: str) -> str:
    # The braces keep the keys of a token on one node of a cluster, unless they are empty.
    return f"{prefix}:{{{key or 'none'}}}:{what}"
