"""Evidence and verification through the API: the same actions, filters and access rules as the pages.

Files are attached on the pages only: JSON is the wrong vehicle for them.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.response import Response

from customers.access import may_see_organizations, may_see_verification, visible_claims
from customers.actions.add_evidence import MAX_NOTE, CannotTakeEvidence, add_evidence
from customers.actions.answer_information import answer_information
from customers.actions.check_evidence import check_evidence
from customers.actions.make_provisional import make_provisional
from customers.actions.propose_claim import MAX_ITEMS_AT_ONCE
from customers.actions.reject_claim import reject_claim
from customers.actions.request_information import request_information
from customers.actions.show_domain import check_dns, send_code
from customers.actions.take_up_claim import take_up_claim
from customers.actions.verify_claim import verify_claim
from customers.api import ClaimData, ClaimSummary, NewEvidence, claim_of, item_of, named_as_sent
from customers.filters import CaseFilters
from customers.lists import CASE_LIST
from customers.models import Claim, Evidence
from customers.proofs.codes import MAILBOXES, mail_code
from customers.queries import CASES
from customers.reasons import InformationReason, RejectionReason
from kit.api import Body, IdempotentCommand, WholeNumber
from kit.clock import now
from kit.forms import MAX_ROW_VERSION
from kit.refusal import NotFound, require


class CaseData(ClaimSummary):
    """A case of the verifiers' queue."""

    organization = serializers.UUIDField(source="organization.public_id")
    legal_name = serializers.CharField(source="organization.legal_name")
    urgency = serializers.IntegerField(help_text="Higher is sooner; from the requests that wait for it.")
    filed_at = serializers.DateTimeField()
    row_version = serializers.IntegerField()


class _Versioned(Body):
    row_version = WholeNumber(
        max_value=MAX_ROW_VERSION, required=False, help_text="Refused with 409 if the claim changed since."
    )


class Step(_Versioned):
    """An act without words."""


class MoreEvidence(_Versioned):
    """Items to be added, all or none."""

    evidence = NewEvidence(many=True, min_length=1, max_length=MAX_ITEMS_AT_ONCE)  # type: ignore[call-arg]


class Check(_Versioned):
    """Whether an item holds."""

    holds = serializers.BooleanField()
    reason = serializers.CharField(max_length=MAX_NOTE, allow_blank=True, default="", help_text="Needed where not.")


class Verification(_Versioned):
    """Until when it counts."""

    valid_until_date = serializers.DateField(
        required=False, help_text="The last day; the longest there is if left out."
    )
    reason = serializers.CharField(max_length=MAX_NOTE, allow_blank=True, default="")


class WithReason(_Versioned):
    """An act with a sentence."""

    reason = serializers.CharField(max_length=MAX_NOTE)


class Rejection(WithReason):
    """A rejection with its code."""

    reason_code = serializers.ChoiceField(choices=RejectionReason.choices)


class Question(_Versioned):
    """What the customer is asked, word for word."""

    question = serializers.CharField(max_length=MAX_NOTE)
    reason_code = serializers.ChoiceField(choices=InformationReason.choices, default=InformationReason.OTHER)


class Answer(_Versioned):
    """What the customer answered."""

    answer = serializers.CharField(max_length=MAX_NOTE)


class Mailbox(Body):
    """Where a code is mailed to."""

    mailbox = serializers.ChoiceField(choices=MAILBOXES)


class Cases(ListAPIView):
    """The verifiers' queue."""

    serializer_class = CaseData
    filterset_class = CaseFilters
    sorts = CASE_LIST.sorts
    default_sort = "urgency"

    def get_queryset(self) -> QuerySet[Any]:
        """Every case; who may decide which is a filter."""
        if getattr(self, "swagger_fake_view", False):
            return Claim.objects.none()
        actor = self.request.actor  # type: ignore[attr-defined]
        require(may_see_verification(actor))
        return visible_claims(actor).filter(state__in=CASES).select_related("category", "organization")

    @extend_schema(operation_id="list_verification_cases", responses=CaseData(many=True))
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """List the cases that wait or may come back, the most urgent first, then the oldest."""
        return super().get(request, *args, **kwargs)


class _ClaimAct(IdempotentCommand):
    """An act on a claim, answered with the claim as it stands then."""

    def carry_out(self, request: Any, public_id: UUID, act: Callable[[Claim], Any]) -> Response:
        claim = _visible(request, public_id)

        def carried_out() -> None:
            act(claim)

        self.perform(carried_out)
        return self.done(ClaimData(claim_of(request, public_id), context={"request": request}).data)


class ClaimEvidence(_ClaimAct):
    """The evidence of a claim."""

    @extend_schema(operation_id="add_evidence", request=MoreEvidence, responses=ClaimData)
    def post(self, request: Any, public_id: UUID) -> Response:
        """Add items of evidence; another person checks them."""
        body = self.read(MoreEvidence)
        items = [item_of(row) for row in body.pop("evidence")]

        def act(claim: Claim) -> Any:
            try:
                return add_evidence(actor=request.actor, claim=claim, items=items, at=now(), **body)
            except CannotTakeEvidence as refusal:
                raise named_as_sent(refusal) from None

        return self.carry_out(request, public_id, act)


class CheckEvidence(_ClaimAct):
    """Checking an item."""

    @extend_schema(operation_id="check_evidence", request=Check, responses=ClaimData)
    def post(self, request: Any, public_id: UUID, evidence_id: UUID) -> Response:
        """Say whether an item holds, as a verifier who neither filed nor added it."""
        body = self.read(Check)
        item = _item(request, public_id, evidence_id)
        return self.carry_out(
            request, public_id, lambda _claim: check_evidence(actor=request.actor, evidence=item, at=now(), **body)
        )


class CheckDns(_ClaimAct):
    """Looking for the record that shows control of a domain."""

    @extend_schema(operation_id="check_dns_record", request=None, responses=ClaimData)
    def post(self, request: Any, public_id: UUID, evidence_id: UUID) -> Response:
        """Look for the TXT record `domain_record` of the item; 409 while the DNS does not hold it."""
        item = _item(request, public_id, evidence_id)
        return self.carry_out(
            request, public_id, lambda _claim: check_dns(actor=request.actor, evidence=item, at=now())
        )


class MailCode(_ClaimAct):
    """Mailing a code to a domain."""

    @extend_schema(operation_id="mail_domain_code", request=Mailbox, responses=ClaimData)
    def post(self, request: Any, public_id: UUID, evidence_id: UUID) -> Response:
        """Mail a code to a mailbox of the domain; whoever receives it enters it on the page that the mail names."""
        body = self.read(Mailbox)
        item = _item(request, public_id, evidence_id)
        mailings = []
        answer = self.carry_out(
            request,
            public_id,
            lambda _claim: mailings.append(send_code(actor=request.actor, evidence=item, at=now(), **body)),
        )
        for mailing in mailings:
            page = request.build_absolute_uri(reverse("customers:enter_code", args=[mailing.link]))
            mail_code(mailing.sent, mailing.code, page)
        return answer


class TakeUp(_ClaimAct):
    """Beginning to verify."""

    @extend_schema(operation_id="take_up_claim", request=Step, responses=ClaimData)
    def post(self, request: Any, public_id: UUID) -> Response:
        """Take a submitted claim up, or go on with one that was asked about or suspended."""
        body = self.read(Step)
        return self.carry_out(
            request, public_id, lambda claim: take_up_claim(actor=request.actor, claim=claim, at=now(), **body)
        )


class Verify(_ClaimAct):
    """Verifying."""

    @extend_schema(operation_id="verify_claim", request=Verification, responses=ClaimData)
    def post(self, request: Any, public_id: UUID) -> Response:
        """Verify a claim whose evidence was checked and suffices."""
        body = self.read(Verification)
        return self.carry_out(
            request, public_id, lambda claim: verify_claim(actor=request.actor, claim=claim, at=now(), **body)
        )


class CountProvisionally(_ClaimAct):
    """Letting it count for fourteen days."""

    @extend_schema(operation_id="count_claim_provisionally", request=WithReason, responses=ClaimData)
    def post(self, request: Any, public_id: UUID) -> Response:
        """Let a claim count provisionally for 14 days, once: after verified ones, with a capped quantity."""
        body = self.read(WithReason)
        return self.carry_out(
            request, public_id, lambda claim: make_provisional(actor=request.actor, claim=claim, at=now(), **body)
        )


class Reject(_ClaimAct):
    """Rejecting."""

    @extend_schema(operation_id="reject_claim", request=Rejection, responses=ClaimData)
    def post(self, request: Any, public_id: UUID) -> Response:
        """Reject a claim; the customer's text is made from the code."""
        body = self.read(Rejection)
        return self.carry_out(
            request, public_id, lambda claim: reject_claim(actor=request.actor, claim=claim, at=now(), **body)
        )


class AskAboutClaim(_ClaimAct):
    """Asking."""

    @extend_schema(operation_id="ask_about_claim", request=Question, responses=ClaimData)
    def post(self, request: Any, public_id: UUID) -> Response:
        """Ask the account manager; the claim waits for the answer."""
        body = self.read(Question)
        return self.carry_out(
            request, public_id, lambda claim: request_information(actor=request.actor, claim=claim, at=now(), **body)
        )


class AnswerAboutClaim(_ClaimAct):
    """Answering."""

    @extend_schema(operation_id="answer_about_claim", request=Answer, responses=ClaimData)
    def post(self, request: Any, public_id: UUID) -> Response:
        """Answer a verifier's question, as the account manager; the claim is in verification again."""
        body = self.read(Answer)
        return self.carry_out(
            request, public_id, lambda claim: answer_information(actor=request.actor, claim=claim, at=now(), **body)
        )


def _visible(request: Any, public_id: UUID) -> Claim:
    require(may_see_organizations(request.actor))
    found = visible_claims(request.actor).select_related("organization", "category").filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    return found


def _item(request: Any, public_id: UUID, evidence_id: UUID) -> Evidence:
    claim = _visible(request, public_id)
    item = claim.evidence.filter(public_id=evidence_id).first()
    if item is None:
        raise NotFound()
    item.claim = claim
    return item
