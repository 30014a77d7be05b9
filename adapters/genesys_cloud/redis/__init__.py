"""Rate limits and tokens in Redis, shared by several machines."""

from genesys_cloud.redis.redis_budget import RedisBudget as RedisBudget
from genesys_cloud.redis.redis_token_store import RedisTokenStore as RedisTokenStore

__all__ = ["RedisBudget", "RedisTokenStore"]
