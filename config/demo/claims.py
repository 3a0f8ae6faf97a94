"""What organizations claim: every state of a claim with evidence to match, and an invented register."""

import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from config.demo.cast import Cast
from config.demo.customers import CATEGORY_SHARES, COUNTRIES, DACH, ClaimStory, Customer, Step
from config.demo.names import Names
from customers.actions.add_evidence import evidence_facts
from customers.claims import GRACE, PROVISIONAL_FOR, journal_facts, months_later
from customers.models import (
    Claim,
    ClaimMove,
    ClaimState,
    Evidence,
    EvidenceKind,
    OrganizationDomain,
    Register,
    RegisterRow,
    RegisterSnapshot,
    SectorCategory,
)
from customers.names import search_text, sort_key
from customers.proofs.dns import record_text
from customers.proofs.models import DomainChallenge, DomainProof, Method
from customers.reasons import RejectionReason, WithdrawalReason
from journal.models import Entry
from journal.record import new_entry
from kit.copying import copy_in, number_rows
from priorities import policy
from users.access import SYSTEM, Actor

S = ClaimState

# Parts of a thousand claims that stand in each state now.
STATE_SHARES = {
    S.VERIFIED: 640,
    S.PROVISIONAL: 60,
    S.SUBMITTED: 55,
    S.IN_VERIFICATION: 40,
    S.INFORMATION_REQUESTED: 30,
    S.REJECTED: 55,
    S.REVALIDATION_DUE: 40,
    S.GRACE: 25,
    S.LAPSED: 35,
    S.SUSPENDED: 10,
    S.REVOKED: 10,
}
AUTHORITIES = {
    "de": ("Landesamt für Gesundheit (erfunden)", "Innenministerium (erfunden)", "Bezirksregierung (erfunden)"),
    "en": ("State Department of Health (invented)", "Ministry of the Interior (invented)"),
}
REGISTER = ("sample", "Musterregister (erfunden) / Sample register (invented)")


class Claims:
    """The claims of invented organizations. `give` tells their lives, `store` writes them with their organizations;
    `entries` are the journal's."""

    def __init__(self, cast: Cast, source: random.Random, names: Names, *, opening: datetime, now: datetime) -> None:
        self.cast, self.random, self.names = cast, source, names
        self.opening, self.now = opening, now
        self.entries: list[Entry] = []
        self.categories = {category.code: category for category in SectorCategory.objects.all()}
        self.terms = policy.default_policy()
        self.register_rows: list[RegisterRow] = []
        self.snapshot = self._snapshot()
        self._verifiers = [cast.user_as_actor("verifier"), cast.user_as_actor("verifier2")]

    def _snapshot(self) -> RegisterSnapshot:
        code, name = REGISTER
        register = Register.objects.create(code=code, name=name)
        return RegisterSnapshot.objects.create(
            register=register,
            as_of_date=self.opening.date(),
            file_hash=hashlib.sha256(b"invented").hexdigest(),
            imported_at=self.opening,
            imported_by=self.cast.user("verifier"),
        )

    def give(self, customers: list[Customer]) -> None:
        """Give every claim its state, its life so far and its evidence."""
        stories = [(customer, story) for customer in customers for story in customer.claims]
        states = list(STATE_SHARES)
        drawn = [state for state in states for _ in range(max(1, round(STATE_SHARES[state] * len(stories) / 1000)))]
        drawn = (drawn + [S.VERIFIED] * len(stories))[: len(stories)]
        self.random.shuffle(drawn)
        for (customer, story), state in zip(stories, drawn, strict=True):
            self._life(customer, story, state)
            again = state in (S.REJECTED, S.LAPSED, S.REVOKED) and self.random.random() < 0.3
            if again:
                # Whoever was turned down may claim again.
                second = ClaimStory(Claim(organization=customer.row, category=story.row.category), [], [])
                self._life(customer, second, S.SUBMITTED)
                customer.claims.append(second)

    def _life(self, customer: Customer, story: ClaimStory, state: ClaimState) -> None:
        claim = story.row
        manager = self.cast.manager_of(customer.row.portfolio_id)
        filer = Actor(user_id=manager.pk, public_id=manager.public_id, name=manager.name)
        verifier = self.random.choice(self._verifiers)
        filed_at = self._filed_at(customer, state)
        # So early that nothing below lies in the future.
        claim.filed_by, claim.filed_at, claim.state = manager, filed_at, state
        claim.statement = ""
        story.steps += [
            Step(S.DRAFT, filer, "", filed_at),
            Step(S.SUBMITTED, filer, "claim.submitted", filed_at),
        ]
        if state != S.SUBMITTED:
            taken_at = filed_at + timedelta(hours=self.random.uniform(0.5, 9))
            story.steps.append(Step(S.IN_VERIFICATION, verifier, "claim.taken_up", taken_at))
            self._answer(story, state, verifier, taken_at)
        self._evidence(customer, story, state, filer, verifier)
        claim.row_version = len(story.steps) + sum(item.checked_by_id is not None for item in story.evidence)
        claim.urgency = 1 if state in (S.SUBMITTED, S.IN_VERIFICATION) and self.random.random() < 0.3 else 0

    def _filed_at(self, customer: Customer, state: ClaimState) -> datetime:
        recent = {
            S.SUBMITTED: (0.3, 40),
            S.IN_VERIFICATION: (10, 60),
            S.INFORMATION_REQUESTED: (24, 200),
            S.PROVISIONAL: (30, 250),
            S.REJECTED: (60, 900),
            S.SUSPENDED: (700, 1600),
            S.REVOKED: (700, 1600),
        }
        low, high = recent.get(state, (24 * 31, 24 * 100))
        drawn = self.now - timedelta(hours=self.random.uniform(low, high))
        if state in (S.REVALIDATION_DUE, S.GRACE, S.LAPSED):
            drawn = self.opening + timedelta(hours=self.random.uniform(24 * 20.5, 24 * 30))
        # Nobody claims anything before they are registered; new customers' claims are new, too.
        return max(drawn, customer.row.registered_at + timedelta(minutes=20))

    def _answer(self, story: ClaimStory, state: ClaimState, verifier: Actor, taken_at: datetime) -> None:
        claim, pick = story.row, self.random
        decided_at = taken_at + timedelta(hours=pick.uniform(0.5, 8))

        def step(new: ClaimState, action: str, at: datetime, reason: str = "", actor: Actor = verifier) -> None:
            story.steps.append(Step(new, actor, action, at, reason))

        def decided(at: datetime, text: str = "", code: str = "") -> None:
            claim.decided_by_id, claim.decided_at = verifier.user_id, at
            claim.decision_text, claim.decision_reason = text, code

        match state:
            case S.INFORMATION_REQUESTED:
                step(state, "claim.information_requested", decided_at, "Which authority issued the letter, and when?")
            case S.REJECTED:
                code, text = pick.choice(
                    (
                        (RejectionReason.EVIDENCE_INSUFFICIENT, "A website alone does not show the sector."),
                        (RejectionReason.OTHER_ORGANIZATION, "The register entry is of a body of a similar name."),
                        (RejectionReason.WRONG_CATEGORY, "This is a supplier of the sector, not a body of it."),
                    )
                )
                decided(decided_at, text, code)
                step(state, "claim.rejected", decided_at, text)
            case S.PROVISIONAL:
                text = "The letter is on its way; the authority confirmed by phone."
                decided(decided_at, text)
                claim.valid_until = decided_at + PROVISIONAL_FOR
                step(state, "claim.made_provisional", decided_at, text)
            case S.IN_VERIFICATION:
                pass
            case _:
                decided(decided_at)
                claim.valid_until = self._valid_until(claim, state, decided_at)
                step(S.VERIFIED, "claim.verified", decided_at)
                self._afterwards(story, state, verifier)

    def _valid_until(self, claim: Claim, state: ClaimState, decided_at: datetime) -> datetime:
        day = {
            S.REVALIDATION_DUE: self.now.date() + timedelta(days=self.random.randrange(2, 28)),
            S.GRACE: self.now.date() - timedelta(days=self.random.randrange(2, 27)),
            S.LAPSED: self.now.date() - timedelta(days=self.random.randrange(32, 50)),
        }.get(state, months_later(decided_at, claim.category.validity_months).date())
        return datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC)

    def _afterwards(self, story: ClaimStory, state: ClaimState, verifier: Actor) -> None:
        claim = story.row
        assert claim.valid_until is not None
        assert claim.decided_at is not None
        due_at = max(claim.decided_at + timedelta(minutes=1), claim.valid_until - timedelta(days=30))
        if state in (S.REVALIDATION_DUE, S.GRACE, S.LAPSED):
            story.steps.append(Step(S.REVALIDATION_DUE, SYSTEM, "claim.renewal_due", due_at))
        if state in (S.GRACE, S.LAPSED):
            story.steps.append(Step(S.GRACE, SYSTEM, "claim.in_grace", claim.valid_until))
        if state == S.LAPSED:
            story.steps.append(Step(S.LAPSED, SYSTEM, "claim.lapsed", claim.valid_until + GRACE))
        if state in (S.SUSPENDED, S.REVOKED):
            at = claim.decided_at + timedelta(hours=self.random.uniform(100, 600))
            text = "The authority wrote that the letter is not theirs; being looked into."
            claim.decided_at, claim.decision_text, claim.decision_reason = at, text, str(WithdrawalReason.COMPLAINT)
            story.steps.append(Step(S.SUSPENDED, verifier, "claim.suspended", at, text))
            if state == S.REVOKED:
                at += timedelta(hours=self.random.uniform(5, 60))
                text = "The authority confirmed in writing that it never issued the letter."
                claim.decided_at, claim.decision_text = at, text
                claim.decision_reason = str(WithdrawalReason.EVIDENCE_FALSE)
                story.steps.append(Step(S.REVOKED, verifier, "claim.revoked", at, text))

    # --- evidence --------------------------------------------------------------------------------------

    def _evidence(
        self, customer: Customer, story: ClaimStory, state: ClaimState, filer: Actor, verifier: Actor
    ) -> None:
        claim, pick = story.row, self.random
        is_strong = claim.category.needs_strong_evidence
        is_weak = state in (S.PROVISIONAL, S.INFORMATION_REQUESTED) or (state == S.REJECTED and pick.random() < 0.5)
        kinds: list[EvidenceKind] = []
        if is_weak:
            kinds.append(EvidenceKind.SELF_ATTESTATION)
        else:
            kinds.append(
                EvidenceKind.REGISTER_MATCH if pick.random() < 0.65 else EvidenceKind.AUTHORITY_LETTER,
            )
        if is_strong or pick.random() < 0.4:
            kinds.append(EvidenceKind.DOMAIN_CONTROL)
        if sum(customer.domain.encode()) % 7 == 0:
            kinds.append(EvidenceKind.DOCUMENT if is_strong else EvidenceKind.SPONSOR_LETTER)
        workloads = self.terms.workloads_for(claim.category.code)
        if not is_strong and workloads and not is_weak and pick.random() < 0.25:
            kinds.append(EvidenceKind.AUTHORITY_CERTIFICATE)
            story.certified = frozenset({workloads[-1]})
        checks = self._checks(story, state)
        for kind in kinds:
            item = self._item(customer, claim, kind, story, filer)
            if checks is not None:
                item.checked_by_id, item.checked_at, item.row_version = verifier.user_id, checks, 2
                item.holds = not (state == S.REJECTED and kind != EvidenceKind.DOMAIN_CONTROL)
                if kind == EvidenceKind.SELF_ATTESTATION:
                    item.holds = state == S.PROVISIONAL
            story.evidence.append(item)

    def _checks(self, story: ClaimStory, state: ClaimState) -> datetime | None:
        """When the evidence was looked at: before the answer; of what is in work, of some only."""
        if state in (S.SUBMITTED, S.INFORMATION_REQUESTED) or (
            state == S.IN_VERIFICATION and self.random.random() < 0.5
        ):
            return None
        taken = next(step.at for step in story.steps if step.state == S.IN_VERIFICATION)
        return taken + timedelta(minutes=self.random.uniform(4, 25))

    def _item(self, customer: Customer, claim: Claim, kind: EvidenceKind, story: ClaimStory, filer: Actor) -> Evidence:
        item = Evidence(claim=claim, kind=kind, added_by_id=filer.user_id, added_at=claim.filed_at)
        issuers = AUTHORITIES["de" if claim.organization.country in DACH else "en"]
        match kind:
            case EvidenceKind.REGISTER_MATCH:
                item.register_row = self._register_row(customer, claim)
            case EvidenceKind.DOMAIN_CONTROL:
                item.domain = customer.domain
            case EvidenceKind.SELF_ATTESTATION:
                item.note = "We operate the service ourselves, day and night. The managing director."
            case EvidenceKind.DOCUMENT | EvidenceKind.SPONSOR_LETTER:
                item.issuer, item.reference = issuers[0], f"{claim.filed_at.year}-17"
            case _:
                item.issuer = self.random.choice(issuers)
                item.reference = f"{self.random.randrange(10, 999)}/{claim.filed_at.year}"
                if kind == EvidenceKind.AUTHORITY_CERTIFICATE:
                    item.workload_code = next(iter(story.certified))
        return item

    def _register_row(self, customer: Customer, claim: Claim) -> RegisterRow:
        name = customer.row.legal_name
        row = RegisterRow(
            snapshot=self.snapshot,
            key=f"S-{len(self.register_rows) + 1:05}",
            name=name,
            sort_name=sort_key(name, 350),
            search_text=search_text(name, customer.domain),
            domain=customer.domain,
            country=customer.row.country,
            kind=claim.category.name_en,
        )
        self.register_rows.append(row)
        return row

    # --- storing ---------------------------------------------------------------------------------------

    def store(self, customers: list[Customer]) -> None:
        """Write everything, and the journal entries of the claims into `entries`."""
        organizations = [customer.row for customer in customers]
        number_rows(organizations)
        copy_in(organizations)
        stories = [story for customer in customers for story in customer.claims]
        stories.sort(key=lambda story: story.row.filed_at)
        self._store_register(customers)
        number_rows([story.row for story in stories])
        for customer in customers:
            for story in customer.claims:
                story.row.organization = customer.row
        copy_in([story.row for story in stories])
        evidence = [item for story in stories for item in story.evidence]
        for story in stories:
            for item in story.evidence:
                item.claim = story.row
                item.register_row = item.register_row  # the key it has got meanwhile
        self._show_domains(evidence)
        copy_in(evidence)
        controlled = {
            item.claim.organization_id: item.checked_at
            for item in evidence
            if item.kind == EvidenceKind.DOMAIN_CONTROL and item.holds
        }
        copy_in(
            [
                OrganizationDomain(
                    organization=customer.row, domain=customer.domain, controlled_at=controlled.get(customer.row.pk)
                )
                for customer in customers
            ]
        )
        moves = [move for story in stories for move in self._moves(story)]
        moves.sort(key=lambda move: move.at)
        copy_in(moves)

    def _show_domains(self, evidence: list[Evidence]) -> None:
        """A challenge for every domain in evidence, and the DNS record seen where a verifier found that it holds."""
        asked = [item for item in evidence if item.kind == EvidenceKind.DOMAIN_CONTROL]
        challenges = [
            DomainChallenge(
                claim=item.claim,
                domain=item.domain,
                token=hashlib.sha256(f"{item.claim_id} {item.domain}".encode()).hexdigest()[:32],
                issued_at=item.added_at,
            )
            for item in asked
        ]
        number_rows(challenges)
        copy_in(challenges)
        copy_in(
            [
                DomainProof(
                    challenge=challenge, method=Method.DNS, seen=record_text(challenge.token), at=item.checked_at
                )
                for item, challenge in zip(asked, challenges, strict=True)
                if item.holds
            ]
        )

    def _store_register(self, customers: list[Customer]) -> None:
        """The rows that evidence points at, among many that nobody claims."""
        for number in range(len(customers) // 5):
            country = self.random.choice(list(COUNTRIES))
            code = self.random.choice(list(CATEGORY_SHARES))
            name = self.names.body(code, country)
            self.register_rows.append(
                RegisterRow(
                    snapshot=self.snapshot,
                    key=f"T-{number + 1:05}",
                    name=name,
                    sort_name=sort_key(name, 350),
                    search_text=search_text(name),
                    country=country,
                    kind=self.categories[code].name_en,
                    is_active=self.random.random() > 0.06,
                )
            )
        number_rows(self.register_rows)
        copy_in(self.register_rows)
        RegisterSnapshot.objects.filter(pk=self.snapshot.pk).update(row_count=len(self.register_rows))
        self.entries.append(
            new_entry(
                actor=self._verifiers[0],
                action="register.imported",
                subject_type="register_snapshot",
                subject_id=f"{REGISTER[0]}@{self.snapshot.as_of_date.isoformat()}",
                after={"rows": len(self.register_rows), "file_sha256": self.snapshot.file_hash},
                at=self.opening,
            )
        )

    def _moves(self, story: ClaimStory) -> Iterator[ClaimMove]:
        claim, old = story.row, ""
        facts = journal_facts(claim)
        for item in story.evidence:
            self.entries.append(
                new_entry(
                    actor=Actor(
                        user_id=claim.filed_by_id,
                        public_id=claim.filed_by.public_id if claim.filed_by else None,
                        name="",
                    ),
                    action="evidence.added",
                    subject_type="claim",
                    subject_id=claim.public_id,
                    after={**facts, **evidence_facts(item), "valid_until": None},
                    at=claim.filed_at,
                )
            )
            if item.checked_at is not None:
                verifier = next(v for v in self._verifiers if v.user_id == item.checked_by_id)
                self.entries.append(
                    new_entry(
                        actor=verifier,
                        action="evidence.checked",
                        subject_type="claim",
                        subject_id=claim.public_id,
                        reason="" if item.holds else "It does not say what it is meant to show.",
                        before={"holds": None},
                        after={**facts, **evidence_facts(item), "valid_until": None, "holds": item.holds},
                        at=item.checked_at,
                    )
                )
        for step in story.steps:
            yield ClaimMove(
                claim=claim,
                old_state=old,
                new_state=step.state,
                by_id=step.actor.user_id,
                at=step.at,
                reason=step.reason,
            )
            if step.action:
                self.entries.append(
                    new_entry(
                        actor=step.actor,
                        action=step.action,
                        subject_type="claim",
                        subject_id=claim.public_id,
                        reason=step.reason,
                        before={"state": old},
                        after={
                            **facts,
                            "valid_until": facts["valid_until"]
                            if claim.decided_at and step.at >= claim.decided_at
                            else None,
                            "state": str(step.state),
                        },
                        at=step.at,
                    )
                )
            old = str(step.state)
