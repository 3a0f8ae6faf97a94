"""Proposals of sector categories for organizations, with the registers and what was learned behind them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from customers import names
from customers.matching.categories import ROR
from customers.matching.features import Subject, subject_of
from customers.matching.model import CannotRead, Model, from_bytes
from customers.matching.proposing import Entry, Proposal, propose_many
from customers.models import MatchingModel, RegisterRow
from customers.register_matches import current_snapshots, reference_of
from customers.registers.adapters import REGISTERS

# So many organizations are looked up in the registers at once.
CHUNK = 2_000
# Entries of one organization that are looked at; a shared domain may be on hundreds.
MOST_ENTRIES = 20


@dataclass(frozen=True)
class Asked:
    """An organization as a file or a form names it. `domains` are as typed."""

    name: str
    country: str = ""
    domains: tuple[str, ...] = ()
    email: str = ""


def learned_model() -> Model | None:
    """The newest model that was learned; None where there is none that this version reads. One query, or two."""
    newest = MatchingModel.objects.order_by("-pk").values_list("pk", "content_hash").first()
    return _read_model(*newest) if newest is not None else None


@lru_cache(maxsize=2)
def _read_model(pk: int, content_hash: str) -> Model | None:
    try:
        return from_bytes(bytes(MatchingModel.objects.values_list("content", flat=True).get(pk=pk)))
    except CannotRead:
        # Learned by another version: rules serve until it is learned anew.
        return None


def propose_for(asked: Sequence[Asked], *, with_registers: bool = True) -> list[list[Proposal]]:
    """Ranked proposals for each; three queries for each 2,000 of them, and one for what was learned."""
    model = learned_model()
    found: list[list[Proposal]] = []
    for start in range(0, len(asked), CHUNK):
        part = asked[start : start + CHUNK]
        subjects = [subject_of(one.name, country=one.country, domains=one.domains, email=one.email) for one in part]
        entries = find_entries(subjects) if with_registers else [()] * len(subjects)
        found += propose_many(list(zip(subjects, entries, strict=True)), model=model)
    return found


def find_entries(subjects: Sequence[Subject]) -> list[list[Entry]]:
    """The entries of the current registers with the same name, or one of the domains; three queries."""
    by_name: dict[str, list[int]] = {}
    by_domain: dict[str, list[int]] = {}
    for number, subject in enumerate(subjects):
        key = names.sort_key(subject.name, 350)
        if key:
            by_name.setdefault(key, []).append(number)
        for domain in subject.domains:
            by_domain.setdefault(domain, []).append(number)
    snapshots = list(current_snapshots().values_list("pk", flat=True))
    rows = RegisterRow.objects.filter(snapshot__in=snapshots, is_active=True)
    rows = rows.select_related("snapshot__register").defer("search_text").order_by("snapshot_id", "key")
    found: list[list[Entry]] = [[] for _subject in subjects]
    # Two questions, because each has its index; one with "or" between them would read the whole register.
    for row in {
        row.pk: row for row in (*rows.filter(sort_name__in=by_name), *rows.filter(domain__in=by_domain))
    }.values():
        for number in dict.fromkeys([*by_name.get(row.sort_name, ()), *by_domain.get(row.domain, ())]):
            if len(found[number]) < MOST_ENTRIES:
                found[number] += _entries_of(row)
    return found


def _entries_of(row: RegisterRow) -> Iterator[Entry]:
    """What one row speaks for: one category, or those of each of its kinds, of which a person must choose."""
    register = REGISTERS.get(row.snapshot.register.code)
    if register is None:
        return
    clear = register.category_of(row.kind)
    kinds = row.kind.split(", ") if register.code == ROR and not clear else [row.kind]
    for category in dict.fromkeys(clear or register.category_of(kind) or register.category for kind in kinds):
        yield Entry(
            reference_of(row), register.name, row.name, row.domain, row.country, row.kind, category, bool(clear)
        )
