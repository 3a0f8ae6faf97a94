"""The one way in which tests open pages: as somebody, within a budget of queries."""

import time
import uuid
from collections.abc import Mapping
from contextlib import nullcontext
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

# No page may ask the database more often (quality D6).
MOST_QUERIES = 12
# What a transaction costs is not a question to the database; inside a test it shows as savepoints.
BRACKETS = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "BEGIN", "COMMIT", "ROLLBACK")


class Visitor:
    """Opens a page with Django's test client and holds it to its budget."""

    def __init__(self) -> None:
        self._clients: dict[Any, Client] = {}

    def __call__(
        self,
        url: str,
        *,
        as_: Any = None,
        queries: int | None = None,
        method: str = "get",
        data: Mapping[str, Any] | None = None,
        htmx: str = "",
        fresh: bool = True,
        follow: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The response to `as_` (a user; None is nobody), who signed in just now unless `fresh` is False.

        `queries` is the most the request may ask, session and roles included: 12 for a page unless
        told, no bound for other methods. `htmx` names the part that htmx would replace. A POST
        without an `idempotency_key` gets a new one; a stream is read to its end within the budget.
        Server errors fail the test.
        """
        client = self.client(as_, fresh=fresh)
        sent = dict(data or {})
        if method == "post":
            sent.setdefault("idempotency_key", str(uuid.uuid4()))
        told = {**({"HX-Request": "true", "HX-Target": htmx} if htmx else {}), **(headers or {})}
        budget = queries if queries is not None else (MOST_QUERIES if method == "get" else None)
        with CaptureQueriesContext(connection) if budget is not None else nullcontext() as captured:
            response = getattr(client, method)(url, sent, headers=told, follow=follow)
            if response.streaming:
                response.streaming_content = [b"".join(response.streaming_content)]
        if captured is not None:
            asked = [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(BRACKETS)]
            listed = "\n".join(f"{number}. {sql[:300]}" for number, sql in enumerate(asked, start=1))
            assert len(asked) <= budget, f"{url} asked {len(asked)} times, {budget} allowed:\n{listed}"
        assert response.status_code < 500
        return response

    def client(self, user: Any, *, fresh: bool = True) -> Client:
        """The browser of this person in this test; one session is kept for all visits."""
        key = (user.pk if user is not None else None, fresh)
        if key not in self._clients:
            client = self._clients[key] = Client()
            if user is not None:
                client.cookies[settings.SESSION_COOKIE_NAME] = _session_of(user, fresh)
        return self._clients[key]


def _session_of(user: Any, fresh: bool) -> str:
    """The key of a session as signing in leaves it, without the lock-outs and hashes on the way."""
    now = time.time()
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session.update(
        {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: "allauth.account.auth_backends.AuthenticationBackend",
            HASH_SESSION_KEY: user.get_session_auth_hash(),
            "account_authentication_methods": [{"method": "password", "at": now if fresh else now - 3600}],
            "account_authentication_methods_user": str(user.pk),
            # So that the once-a-minute note of activity does not fall into a counted request.
            "last_seen": int(now),
        }
    )
    session.create()
    return session.session_key


@pytest.fixture
def visit(db) -> Visitor:
    """See `Visitor.__call__`."""
    return Visitor()
