"""The one way in which tests call the API: as somebody's program, within a budget of queries."""

import json
import uuid
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.visiting import BRACKETS
from users.models import ApiToken


class Caller:
    """Calls with Django's test client; every person gets one token for the test."""

    def __init__(self) -> None:
        self._tokens: dict[int, str] = {}

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        as_: Any = None,
        key: str | None = None,
        queries: int | None = None,
        scope: str = ApiToken.Scope.WRITE,
    ) -> Any:
        """The response to `as_` (a user; None is nobody). `key` is the idempotency key, a new one unless told.

        `path` stands below /api/v1/. `queries` is the most the call may ask. Server errors fail the test.
        """
        headers = {"Accept-Language": "en", "Idempotency-Key": key or str(uuid.uuid4())}
        if as_ is not None:
            headers["Authorization"] = f"Token {self._token(as_, scope)}"
        sent = "" if body is None else body if isinstance(body, bytes | str) else json.dumps(body, default=str)
        with CaptureQueriesContext(connection) if queries is not None else nullcontext() as captured:
            response = Client().generic(
                method.upper(), f"/api/v1/{path}", sent, content_type="application/json", headers=headers
            )
        if captured is not None:
            asked = [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(BRACKETS)]
            listed = "\n".join(f"{number}. {sql[:300]}" for number, sql in enumerate(asked, start=1))
            assert len(asked) <= queries, f"{path} asked {len(asked)} times, {queries} allowed:\n{listed}"
        assert response.status_code < 500
        return response

    def _token(self, user: Any, scope: str) -> str:
        if user.pk not in self._tokens:
            _token, key = ApiToken.objects.create(user, expiry=timedelta(days=1), name="program", scope=scope)
            self._tokens[user.pk] = key
        return self._tokens[user.pk]


@pytest.fixture
def call(db) -> Caller:
    """See `Caller.__call__`."""
    cache.clear()
    return Caller()
