"""Let proposals learn from the registers as they stand and from the claims that were verified."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from customers.matching.categories import ROR, family_of_category, family_of_entry, kind_alone
from customers.matching.learning import LEAST_ENTRIES, Example, learn
from customers.matching.model import to_bytes
from customers.models import (
    CLAIM_COUNTS_AS_VERIFIED,
    Claim,
    ImportRun,
    ImportState,
    MatchingModel,
    RegisterRow,
    RegisterSnapshot,
    TrainingRun,
)
from customers.names import display_domain
from customers.register_matches import current_snapshots
from customers.registers.adapters import REGISTERS
from customers.registers.declaring import Register
from journal.record import record
from kit.refusal import Conflict
from users.access import SYSTEM, Actor

VERIFIED_CLAIMS = "verified claims"
# Their kinds are many words for one sort of organization; counted apart, they would outnumber all others.
SAME_SORT = frozenset({"hospitals_eu", "fire_departments_us", "govt_urls"})
# Registers come several at a time; learning waits until no more do.
SETTLED_AFTER = timedelta(minutes=2)


class NothingToLearnFrom(Conflict):
    """A handful of entries teaches nothing; the rules stay in force."""

    code = "nothing_to_learn_from"
    message = _("There are too few register entries to learn from (%(entries)s); at least %(least)s are needed.")
    remedy = _("Import registers first. Until then, rules alone make the proposals.")


def train_matching(*, actor: Actor, at: datetime) -> MatchingModel:
    """Learn and keep the result; what was learned already is returned as it is. Seconds for 100,000 entries.

    Raises `NothingToLearnFrom`. The journal tells how many entries it was learned from.
    """
    # Noted before the work: what teaches nothing, or breaks it, is not tried again until more is there.
    TrainingRun.objects.update_or_create(pk=1, defaults={"ran_at": at})
    examples = list(all_examples())
    model = learn(examples)
    if model is None:
        raise NothingToLearnFrom(entries=len(examples), least=LEAST_ENTRIES)
    content = to_bytes(model)
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        newest = MatchingModel.objects.defer("content").first()
        if newest is not None and newest.content_hash == digest:
            return newest
        kept = MatchingModel.objects.create(
            trained_at=at,
            trained_by_id=actor.user_id,
            entries=len(examples),
            content=content,
            content_hash=digest,
        )
        record(
            actor=actor,
            action="matching.trained",
            subject_type="matching_model",
            subject_id=kept.pk,
            after={"entries": len(examples), "sha256": digest, "offer_from": model.offer_from},
            at=at,
        )
        return kept


def train_when_due(*, at: datetime) -> MatchingModel | None:
    """Learn anew where registers were imported since, and no more of them are on their way; None where not, or where
    there is too little to learn from."""
    last, newest = TrainingRun.objects.first(), RegisterSnapshot.objects.aggregate(at=Max("imported_at"))["at"]
    if newest is None or at - newest < SETTLED_AFTER or (last is not None and newest <= last.ran_at):
        return None
    if ImportRun.objects.filter(state__in=[ImportState.WAITING, ImportState.RUNNING]).exists():
        return None
    try:
        return train_matching(actor=SYSTEM, at=at)
    except NothingToLearnFrom:
        return None


def all_examples() -> Iterator[Example]:
    """Everything that says of itself what it is, in a fixed order."""
    rows = RegisterRow.objects.filter(snapshot__in=current_snapshots(), is_active=True).order_by(
        "snapshot__register__code", "key"
    )
    for code, *values in rows.values_list("snapshot__register__code", "name", "domain", "country", "kind").iterator(
        chunk_size=10_000
    ):
        register = REGISTERS.get(code)
        example = example_of(register, *values) if register is not None else None
        if example is not None:
            yield example
    claims = Claim.objects.filter(state__in=CLAIM_COUNTS_AS_VERIFIED).select_related("organization", "category")
    for claim in claims.prefetch_related("organization__domains").order_by("organization_id", "category__code"):
        domains = [row.domain for row in claim.organization.domains.all()]
        yield Example(
            claim.organization.legal_name,
            claim.organization.country,
            domains[0] if domains else "",
            family_of_category(claim.category.code),
            VERIFIED_CLAIMS,
        )


def example_of(register: Register, name: str, domain: str, country: str, kind: str) -> Example | None:
    """What learning takes from a register's entry; None where the entry does not say what it is."""
    alone = kind_alone(kind) if register.code == ROR else kind
    family = family_of_entry(register.code, alone, register.category_of(alone) or register.category)
    if not family:
        return None
    sort = alone if register.code not in SAME_SORT else ""
    # A list of domains without names gives the domain for a name.
    bare = "" if name == display_domain(domain) else name
    return Example(bare, country, domain, family, f"{register.code}: {sort}")
