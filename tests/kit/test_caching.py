"""A cache that does not answer is an empty one."""

import pytest
from django.core.cache import caches
from django.test import Client, override_settings

from kit.caching import ForgivingRedisCache
from tests import make

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


def test_nothing_fails_without_redis():
    cache = ForgivingRedisCache(NOBODY_LISTENS, {"OPTIONS": {"socket_connect_timeout": 1}})
    assert cache.add("key", 1) is True
    assert cache.get("key") is None
    assert cache.get("key", "default") == "default"
    cache.set("key", 1, 60)
    assert cache.delete("key") is False
    assert cache.touch("key") is False


@pytest.mark.django_db
def test_people_sign_in_while_the_broker_is_down_and_wrong_passwords_still_lock():
    broken = {"default": {"BACKEND": "kit.caching.ForgivingRedisCache", "LOCATION": NOBODY_LISTENS}}
    person = make.person()
    with override_settings(CACHES=broken):
        assert isinstance(caches["default"], ForgivingRedisCache)
        sent = {"login": person.email, "password": make.PASSWORD}
        assert Client().post("/account/login/", sent).status_code == 302
        for _attempt in range(5):
            locked = Client().post("/account/login/", {**sent, "password": "wrong"})
        assert locked.status_code == 429
