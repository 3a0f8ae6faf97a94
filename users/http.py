"""The request as views see it, for their type annotations."""

from uuid import UUID

from django.http import HttpRequest

from users.access import Actor
from users.models import User


class ActorRequest(HttpRequest):
    """A request after the middleware of `users`: who acts, and the id of the request."""

    actor: Actor
    request_id: UUID
    user: User
