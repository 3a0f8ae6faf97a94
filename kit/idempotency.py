"""Once is enough: a repeated command has one effect and one answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from kit import clock
from kit.models import IdempotencyKey
from kit.refusal import Conflict


class KeyReused(Conflict):
    """The same key came with another content."""

    code = "idempotency_key_reused"
    message = _("This key was already used for another command.")
    remedy = _("Send every new command with a new key; repeat an old one unchanged.")


@dataclass(frozen=True)
class Performed:
    """What `once` did: the subject's public id, and whether it was done before."""

    subject: str
    replayed: bool
    value: Any = None


def once(*, actor_key: str, key: str, fingerprint: str, act: Callable[[], Any]) -> Performed:
    """Run `act` and remember the key in one transaction, or answer from memory.

    `act` returns a model with `public_id`, a string, or None; that becomes the subject.
    A parallel call with the same key waits at the unique index until the first one ends: after
    its commit it replays, after its rollback it runs. Raises `KeyReused` where the fingerprint
    (a hash of the command's content) differs from the remembered one. What `act` raises undoes
    the key too, so a refused command may be sent again.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO kit_idempotencykey (actor_key, key, fingerprint, subject, created_at)"
                " VALUES (%s, %s, %s, '', %s) ON CONFLICT (actor_key, key) DO NOTHING RETURNING id",
                [actor_key, key, fingerprint, clock.now()],
            )
            inserted = cursor.fetchone()
        if inserted is None:
            known = IdempotencyKey.objects.get(actor_key=actor_key, key=key)
            if known.fingerprint != fingerprint:
                raise KeyReused()
            return Performed(subject=known.subject, replayed=True)
        value = act()
        subject = value if isinstance(value, str) else str(getattr(value, "public_id", "") or "")
        IdempotencyKey.objects.filter(pk=inserted[0]).update(subject=subject)
        return Performed(subject=subject, replayed=False, value=value)
