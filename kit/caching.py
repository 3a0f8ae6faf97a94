"""The cache, which holds only what can be lost: counters of sign-in attempts and of API calls."""

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger("vorrang.cache")


class ForgivingRedisCache(RedisCache):
    """Redis while it answers; while it does not, as if nothing were kept.

    So a broker that is down neither keeps people from signing in nor stops decisions. Bounds that
    must hold then too, such as the lock-out after wrong passwords, are kept in the database.
    """

    def add(self, *args: Any, **options: Any) -> Any:
        return self._or(True, super().add, *args, **options)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        return self._or(default, super().get, key, default, version)

    def set(self, *args: Any, **options: Any) -> Any:
        return self._or(None, super().set, *args, **options)

    def touch(self, *args: Any, **options: Any) -> Any:
        return self._or(False, super().touch, *args, **options)

    def delete(self, *args: Any, **options: Any) -> Any:
        return self._or(False, super().delete, *args, **options)

    @staticmethod
    def _or(otherwise: Any, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        try:
            return call(*args, **options)
        except (RedisError, OSError) as error:
            logger.warning("The cache does not answer: %s", error)
            return otherwise
