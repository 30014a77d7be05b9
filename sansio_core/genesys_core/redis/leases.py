"""Redis keys of tokens, and commands for leases, which allow one token request at a time.

Invariants: a lease expires by itself, and only its owner can release it earlier.
"""

from typing import Final

from genesys_core.oauth.token_store import TokenKey
from genesys_core.redis.resp import encode_command

__all__ = ["acquire_command", "lease_name", "release_command", "token_name"]

# The second half answers a client that sends the command again because it lost the first reply.
ACQUIRE_SCRIPT: Final = """
return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) or redis.call('GET', KEYS[1]) == ARGV[1]
"""

# Compare and delete in one step: between the two, the lease could end and become another owner's.
RELEASE_SCRIPT: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


def token_name(prefix: str, key: TokenKey, account: str) -> str:
    """Return the Redis key under which a token is stored."""
    return f"{prefix}:token:{key.login}:{key.client_id}:{account}"


def lease_name(prefix: str, key: TokenKey, account: str) -> str:
    """Return the Redis key of the lease that a client holds while it requests a token."""
    return f"{prefix}:lease:{key.login}:{key.client_id}:{account}"


def acquire_command(name: str, owner: str, seconds: float) -> bytes:
    """Return the command that acquires a lease; the reply is null if another owner has it."""
    # Redis rejects an expiry of 0.
    return encode_command("EVAL", ACQUIRE_SCRIPT, 1, name, owner, max(round(seconds * 1000), 1))


def release_command(name: str, owner: str) -> bytes:
    """Return the command that releases a lease, unless another owner has acquired it."""
    return encode_command("EVAL", RELEASE_SCRIPT, 1, name, owner)
