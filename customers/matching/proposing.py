"""Ranked proposals for one organization or many, each with its evidence, its confidence and its reasons.

A proposal is never more than that. *Offered* means that it would be shown without asking a person to choose among
several; where entries of registers, names and domains point in several directions, nothing is offered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from customers.matching import rules
from customers.matching.categories import (
    CATEGORY_BY_CONCEPT,
    EDUCATION,
    FAMILIES,
    FIRST_RESPONDER,
    GOVERNMENT,
    INFRASTRUCTURE_BY_CONCEPT,
    NEW_CUSTOMER,
    family_of_category,
)
from customers.matching.features import Subject
from customers.matching.model import Model, shares
from customers.names import PERMILLE, display_domain, plain_words
from kit.reason import Reason

MOST = 4
# Shares below this are noise.
LEAST = 60
# Without learning, rules alone offer from here on.
RULES_OFFER_FROM = 960
# An entry of a register that has the organization's name and country, and its domain besides.
BOTH_CONFIDENCE = 995
NAME_CONFIDENCE = 990
# What a register says of a domain's holder is true of the holder, who may be another.
DOMAIN_CONFIDENCE = 700
# The entry's kind holds several sorts, or it is only a part of what it is named after.
UNCLEAR_CONFIDENCE = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a register that may be the organization.

    `category` is what its kind speaks for (empty: nothing); `is_clear` says whether it does so alone.
    """

    reference: str
    register: str
    name: str
    domain: str
    country: str
    kind: str
    category: str
    is_clear: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """A category, how likely (in thousandths), whether it is offered, why, and the references of supporting entries."""

    category: str
    family: str
    confidence: int
    is_offered: bool
    reasons: tuple[Reason, ...]
    entries: tuple[str, ...] = ()


def propose(subject: Subject, *, entries: Sequence[Entry] = (), model: Model | None = None) -> list[Proposal]:
    """The categories an organization may belong to, the likeliest first; never empty."""
    return propose_many([(subject, entries)], model=model)[0]


def propose_many(
    cases: Sequence[tuple[Subject, Sequence[Entry]]], *, model: Model | None = None
) -> list[list[Proposal]]:
    """The same for many organizations; each with the register entries that may be it."""
    subjects = [subject for subject, _entries in cases]
    if not subjects:
        return []
    likely = shares(rules.scores(subjects)) if model is None else shares(model.scores(subjects), model.sharpness)
    return [
        _ranked(subject, row.tolist(), entries, model) for (subject, entries), row in zip(cases, likely, strict=True)
    ]


def _ranked(subject: Subject, likely: Sequence[float], entries: Sequence[Entry], model: Model | None) -> list[Proposal]:
    found = _by_words(subject, likely, model)
    by_entries = _by_entries(subject, entries)
    if by_entries:
        named = {one.category for one in by_entries}
        asks = _must_ask(by_entries)
        spoken = {one.category: one for one in found}
        found = [
            *(
                replace(_joined(one, spoken.get(one.category)), is_offered=one.is_offered and not asks)
                for one in by_entries
            ),
            *(replace(one, is_offered=False) for one in found if one.category not in named),
        ]
    found.sort(key=lambda one: (not one.is_offered, -one.confidence, one.category))
    return found[:MOST]


# --- from the name and the domains -----------------------------------------------------------------


def _by_words(subject: Subject, likely: Sequence[float], model: Model | None) -> list[Proposal]:
    ranked = sorted(zip(FAMILIES, likely, strict=True), key=lambda pair: -pair[1])
    offer_from = RULES_OFFER_FROM if model is None else model.offer_from
    proposals: list[Proposal] = []
    for position, (family, share) in enumerate(ranked):
        confidence = round(share * PERMILLE)
        sign = next((sign for sign in subject.domain_signs if rules.sign_says(sign, family)), "")
        if position and confidence < LEAST and not sign:
            continue
        category, concept = _category_in(family, subject)
        reasons = _reasons(subject, family, model, confidence)
        doubt = _doubt(subject, family, concept or sign)
        if doubt:
            reasons = (*reasons, Reason(doubt))
        proposals.append(
            Proposal(category, family, confidence, not position and confidence >= offer_from and not doubt, reasons)
        )
    return [*proposals, *_infrastructure(subject, proposals)]


def _doubt(subject: Subject, family: str, named: str) -> str:
    """Why a person chooses however sure the words are; empty where nothing stands against it."""
    if family == FIRST_RESPONDER and not named:
        # A tier of life safety is never offered on a likeness.
        return "service_not_named"
    if subject.country == "US" and not subject.domains:
        # Hundreds of police forces stand in the police register under the bare name of their college or tribe.
        if family == EDUCATION:
            return "campus_police"
        if family == GOVERNMENT and "tribal" in subject.concepts:
            return "tribal_police"
    return ""


def _category_in(family: str, subject: Subject) -> tuple[str, str]:
    """The category within a family, and the concept that makes it so (empty: the family's usual one)."""
    for concept, category in CATEGORY_BY_CONCEPT[family]:
        if not concept or concept in subject.concepts or concept in subject.domain_signs:
            return category, concept
    raise AssertionError(f"{family} has no usual category")


def _reasons(subject: Subject, family: str, model: Model | None, confidence: int) -> tuple[Reason, ...]:
    reasons = [
        Reason("name_says", {"words": words, "family": family})
        for concept, words in subject.concepts.items()
        if rules.says(concept, family)
    ][:3]
    reasons += [
        Reason("domain_says", {"domain": display_domain(domain), "family": family})
        for sign, domain in subject.domain_signs.items()
        if rules.sign_says(sign, family)
    ]
    if model is not None:
        reasons.append(Reason("learned", {"permille": confidence, "entries": model.entries}))
    elif not reasons:
        reasons.append(Reason("nothing_says"))
    reasons += [Reason("domain_set_aside", {"domain": display_domain(domain)}) for domain in subject.set_aside]
    return tuple(reasons)


def _infrastructure(subject: Subject, proposals: Sequence[Proposal]) -> list[Proposal]:
    """Operators of critical infrastructure that the name hints at; only ever for a person to choose."""
    best = next((one for one in proposals if one.category == NEW_CUSTOMER), None)
    if best is None:
        return []
    return [
        Proposal(
            INFRASTRUCTURE_BY_CONCEPT[concept],
            best.family,
            best.confidence // 2,
            False,
            (Reason("name_hints", {"words": words}),),
        )
        for concept, words in subject.concepts.items()
        if concept in INFRASTRUCTURE_BY_CONCEPT
    ][:1]


# --- from registers --------------------------------------------------------------------------------


def _by_entries(subject: Subject, entries: Iterable[Entry]) -> list[Proposal]:
    """One proposal per category for which an entry speaks. All stay: a register number may prove one thing, a domain
    another."""
    mine = frozenset(subject.words)
    found: dict[str, Proposal] = {}
    for entry in entries:
        if not entry.category:
            continue
        same_name = _same_words(mine, entry.name) and entry.country in ("", subject.country or entry.country)
        same_domain = bool(entry.domain) and entry.domain in subject.domains
        if not (same_name or same_domain):
            continue
        if not entry.is_clear:
            confidence, code = UNCLEAR_CONFIDENCE, "entry_unclear"
        elif same_name:
            confidence, code = BOTH_CONFIDENCE if same_domain else NAME_CONFIDENCE, "entry_agrees"
        else:
            confidence, code = DOMAIN_CONFIDENCE, "entry_has_domain"
        reason = Reason(code, {"register": entry.register, "name": entry.name, "kind": entry.kind})
        offered = entry.is_clear and same_name
        known = found.get(entry.category)
        if known is None:
            found[entry.category] = Proposal(
                entry.category,
                family_of_category(entry.category),
                confidence,
                offered,
                (reason,),
                (entry.reference,),
            )
        else:
            found[entry.category] = Proposal(
                known.category,
                known.family,
                max(known.confidence, confidence),
                known.is_offered or offered,
                (*known.reasons, reason)[:4],
                (*known.entries, entry.reference),
            )
    return list(found.values())


def _joined(by_entry: Proposal, by_words: Proposal | None) -> Proposal:
    """What registers say of a category together with what words say of it; words rank entries that do not tell."""
    if by_words is None:
        return by_entry
    confidence = by_entry.confidence
    if confidence == UNCLEAR_CONFIDENCE:
        confidence = (confidence + by_words.confidence) // 2
    return replace(by_entry, confidence=confidence, reasons=(*by_entry.reasons, *by_words.reasons))


def _must_ask(by_entries: Sequence[Proposal]) -> bool:
    """Whether registers disagree, or one does not tell and none has both the name and the domain."""
    clear = {one.category for one in by_entries if one.is_offered}
    is_sure = any(one.confidence == BOTH_CONFIDENCE for one in by_entries)
    unclear = any(reason.code == "entry_unclear" for one in by_entries for reason in one.reasons)
    return len(clear) != 1 or (unclear and not is_sure)


def _same_words(mine: frozenset[str], other: str) -> bool:
    return bool(mine) and mine == frozenset(plain_words(other))
