"""A rate limit and tokens that machines share, in Redis."""

from genesys_cloud.redis.redis_budget import RedisBudget as RedisBudget
from genesys_cloud.redis.redis_token_store import RedisTokenStore as RedisTokenStore

__all__ = ["RedisBudget", "RedisTokenStore"]
