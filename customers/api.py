"""Organizations and their claims through the API: the same actions, filters and access rules as the pages."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.response import Response

from customers.access import (
    may_see_organizations,
    own_portfolios,
    sees_notes,
    sees_organization,
    visible_claims,
    visible_organizations,
)
from customers.actions.add_evidence import MAX_NOTE, CannotTakeEvidence, Item
from customers.actions.propose_claim import MAX_ITEMS_AT_ONCE, propose_claim
from customers.actions.register_organization import register_organization
from customers.filters import OrganizationFilters
from customers.lists import ORGANIZATIONS
from customers.merging import Merged
from customers.models import CLAIM_STANDING, Claim, ClaimState, EvidenceKind, OfferType, Organization, SectorCategory
from customers.organization_page import survivor_of
from customers.particulars import MAX_ALIASES, MAX_DOMAINS, MAX_EXTERNAL_ID, MAX_EXTERNAL_IDS, MAX_NAME
from customers.proofs.shown import domain_shown, files_shown
from customers.queries import NONE, PROVISIONAL, VERIFIED, verification_at
from customers.register_matches import reference_of, row_of
from customers.sheets import with_everything, with_particulars
from kit.api import Body, IdempotentCommand
from kit.clock import now
from kit.refusal import Invalid, NotFound, require
from users.access import Actor


class UnknownPortfolio(Invalid):
    """No portfolio of the caller has this code."""

    code = "unknown_portfolio"
    message = _("You look after no portfolio with this code.")


class UnknownCategory(Invalid):
    """No sector category has this code."""

    code = "unknown_category"
    message = _("There is no sector category with this code.")


# --- what is answered ------------------------------------------------------------------------------


class ExternalIdData(serializers.Serializer[Any]):
    """How another registry names the organization."""

    kind = serializers.CharField(max_length=30)
    value = serializers.CharField(max_length=MAX_EXTERNAL_ID)


class ClaimSummary(serializers.Serializer[Claim]):
    """A claim as organizations show it."""

    id = serializers.UUIDField(source="public_id")
    category = serializers.CharField(source="category.code")
    state = serializers.ChoiceField(choices=ClaimState.choices)
    verification = serializers.SerializerMethodField(help_text="What the claim is worth now.")
    valid_until = serializers.DateTimeField(allow_null=True, help_text="Counts before this moment.")

    @extend_schema_field(serializers.ChoiceField(choices=[VERIFIED, PROVISIONAL, NONE]))
    def get_verification(self, claim: Claim) -> str:
        """ "verified", "provisional" or "none", read from the end."""
        return verification_at(claim, now())


class OrganizationData(serializers.Serializer[Any]):
    """An organization with its standing claims."""

    id = serializers.UUIDField(source="public_id")
    legal_name = serializers.CharField()
    aliases = serializers.ListField(child=serializers.CharField())
    country = serializers.CharField(help_text="ISO 3166-1, two letters.")
    offer_type = serializers.ChoiceField(choices=OfferType.choices)
    customer_since = serializers.DateField(allow_null=True, help_text="Null: a new customer.")
    portfolio = serializers.CharField(source="portfolio.code")
    parent = serializers.UUIDField(source="parent.public_id", allow_null=True, default=None)  # type: ignore[assignment]
    domains = serializers.SerializerMethodField()
    external_ids = ExternalIdData(source="id_list", many=True)
    claims = ClaimSummary(source="standing", many=True)
    registered_at = serializers.DateTimeField()
    row_version = serializers.IntegerField()

    def get_domains(self, organization: Any) -> list[str]:
        """The registered domains, in punycode."""
        return [row["domain"] for row in organization.domain_list]


class DnsRecord(serializers.Serializer[Any]):
    """A TXT record."""

    name = serializers.CharField()
    text = serializers.CharField()


class EvidenceData(serializers.Serializer[Any]):
    """An item of evidence."""

    id = serializers.UUIDField(source="public_id")
    kind = serializers.ChoiceField(choices=EvidenceKind.choices)
    register_entry = serializers.SerializerMethodField()
    domain = serializers.CharField()
    issuer = serializers.CharField()
    reference = serializers.CharField()
    workload = serializers.CharField(source="workload_code")
    holds = serializers.BooleanField(allow_null=True, help_text="Null: not checked yet.")
    checked_at = serializers.DateTimeField(allow_null=True)
    domain_record = serializers.SerializerMethodField(help_text="The TXT record that shows control of the domain.")
    shown_at = serializers.SerializerMethodField(help_text="When control of the domain was shown last.")
    files = serializers.SerializerMethodField(help_text="How many files are attached.")

    @extend_schema_field(DnsRecord(allow_null=True))
    def get_domain_record(self, item: Any) -> dict[str, str] | None:
        """Name and text; null for items about no domain."""
        shown = domain_shown(item, now())
        return {"name": shown.name, "text": shown.text} if shown else None

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_shown_at(self, item: Any) -> datetime | None:
        """Null while it was not shown."""
        shown = domain_shown(item, now())
        return shown.at if shown else None

    def get_files(self, item: Any) -> int:
        """Those that were not erased."""
        return sum(not file.is_erased for file in files_shown(item))

    def get_register_entry(self, item: Any) -> str | None:
        """Register, day of the snapshot and key, joined by slashes."""
        return reference_of(item.register_row) if item.register_row else None


class ClaimData(ClaimSummary):
    """A claim with its evidence."""

    organization = serializers.UUIDField(source="organization.public_id")
    filed_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decision_reason = serializers.CharField()
    statement = serializers.SerializerMethodField()
    decision_text = serializers.SerializerMethodField()
    evidence = EvidenceData(many=True)
    row_version = serializers.IntegerField()

    def get_statement(self, claim: Claim) -> str:
        """Why it belongs there; empty for those who may not read what people wrote."""
        return claim.statement if self._sees_notes(claim) else ""

    def get_decision_text(self, claim: Claim) -> str:
        """The reason in words; empty for those who may not read what people wrote."""
        return claim.decision_text if self._sees_notes(claim) else ""

    def _sees_notes(self, claim: Claim) -> bool:
        return sees_notes(self.context["request"].actor, claim.organization)


class CategoryData(serializers.Serializer[Any]):
    """A sector category that can be claimed."""

    code = serializers.CharField()
    name = serializers.CharField(help_text="In the language asked for.")
    needs_strong_evidence = serializers.BooleanField()
    validity_months = serializers.IntegerField()


# --- what is read ----------------------------------------------------------------------------------


class NewExternalId(Body):
    """An id in another registry."""

    kind = serializers.CharField(max_length=30)
    value = serializers.CharField(max_length=MAX_EXTERNAL_ID)


class NewOrganization(Body):
    """An organization to be registered."""

    portfolio = serializers.CharField(max_length=30, help_text="Code of a portfolio of yours.")
    legal_name = serializers.CharField(max_length=MAX_NAME)
    country = serializers.CharField(max_length=2, help_text="ISO 3166-1, two letters.")
    offer_type = serializers.ChoiceField(choices=OfferType.choices)
    aliases = serializers.ListField(
        child=serializers.CharField(max_length=MAX_NAME), max_length=MAX_ALIASES, default=list
    )
    domains = serializers.ListField(child=serializers.CharField(max_length=500), max_length=MAX_DOMAINS, default=list)
    external_ids = NewExternalId(many=True, max_length=MAX_EXTERNAL_IDS, default=list)  # type: ignore[call-arg]
    customer_since = serializers.DateField(allow_null=True, default=None, help_text="Null: a new customer.")
    parent = serializers.UUIDField(allow_null=True, default=None, help_text="Id of a registered organization.")  # type: ignore[assignment]
    anyway_reason = serializers.CharField(
        max_length=500,
        allow_blank=True,
        default="",
        help_text="Why it is another one, where it looks like a duplicate.",
    )


class NewEvidence(Body):
    """An item of evidence; which fields it needs follows from its kind."""

    kind = serializers.ChoiceField(choices=EvidenceKind.choices)
    register_entry = serializers.CharField(
        max_length=400,
        allow_blank=True,
        default="",
        help_text="Register, day of the snapshot and key, joined by slashes.",
    )
    domain = serializers.CharField(max_length=253, allow_blank=True, default="")
    issuer = serializers.CharField(max_length=200, allow_blank=True, default="")
    reference = serializers.CharField(max_length=120, allow_blank=True, default="")
    workload = serializers.CharField(max_length=40, allow_blank=True, default="")
    note = serializers.CharField(max_length=MAX_NOTE, allow_blank=True, default="")


class NewClaim(Body):
    """A category to be claimed, with its evidence."""

    category = serializers.CharField(max_length=20)
    statement = serializers.CharField(max_length=MAX_NOTE, allow_blank=True, default="")
    evidence = NewEvidence(many=True, min_length=1, max_length=MAX_ITEMS_AT_ONCE)  # type: ignore[call-arg]


# --- views -----------------------------------------------------------------------------------------


class Organizations(IdempotentCommand, ListAPIView):
    """The organizations you may see; registering one."""

    serializer_class = OrganizationData
    filterset_class = OrganizationFilters
    sorts = ORGANIZATIONS.sorts
    default_sort = "name"

    def get_queryset(self) -> QuerySet[Any]:
        """Every organization the caller may see."""
        if getattr(self, "swagger_fake_view", False):
            return Organization.objects.none()
        actor: Actor = self.request.actor  # type: ignore[attr-defined]
        require(may_see_organizations(actor))
        return _with_claims(actor)

    @extend_schema(operation_id="list_organizations", responses=OrganizationData(many=True))
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """List organizations: those of your portfolios, or all where your role reads all."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="register_organization", request=NewOrganization, responses={201: OrganizationData})
    def post(self, request: Any) -> Response:
        """Register an organization into a portfolio of yours.

        What looks like a duplicate is refused with 409 unless `anyway_reason` says why it is another one.
        """
        body = self.read(NewOrganization)
        actor = request.actor
        portfolio = own_portfolios(actor).filter(code=body.pop("portfolio")).first()
        if portfolio is None:
            raise UnknownPortfolio({"portfolio": [UnknownPortfolio.message]})
        parent_id = body.pop("parent")
        parent = visible_organizations(actor).filter(public_id=parent_id).first() if parent_id else None
        if parent_id and parent is None:
            raise Invalid({"parent": [_("No organization that you can see has this id.")]})
        pairs = [(row["kind"], row["value"]) for row in body.pop("external_ids")]
        done = self.perform(
            lambda: register_organization(
                actor=actor, portfolio=portfolio, parent=parent, external_ids=pairs, at=now(), **body
            )
        )
        return self.done(OrganizationData(_organization(request, UUID(done.subject))).data, status=201)


class OrganizationDetail(IdempotentCommand):
    """One organization."""

    @extend_schema(operation_id="read_organization", responses=OrganizationData)
    def get(self, request: Any, public_id: UUID) -> Response:
        """Read an organization with its claims."""
        return Response(OrganizationData(_organization(request, public_id)).data)


class OrganizationClaims(IdempotentCommand):
    """The claims of one organization."""

    @extend_schema(operation_id="propose_claim", request=NewClaim, responses={201: ClaimData})
    def post(self, request: Any, public_id: UUID) -> Response:
        """Propose a sector category with its evidence; it waits for a verifier then."""
        organization = _organization(request, public_id)
        body = self.read(NewClaim)
        category = SectorCategory.objects.filter(code=body["category"]).first()
        if category is None:
            raise UnknownCategory({"category": [UnknownCategory.message]})
        items = [item_of(row) for row in body["evidence"]]

        def act() -> Claim:
            try:
                return propose_claim(
                    actor=request.actor,
                    organization=organization,
                    category=category,
                    statement=body["statement"],
                    evidence=items,
                    at=now(),
                )
            except CannotTakeEvidence as refusal:
                raise named_as_sent(refusal) from None

        done = self.perform(act)
        found = claim_of(request, UUID(done.subject))
        return self.done(ClaimData(found, context={"request": request}).data, status=201)


class ClaimDetail(IdempotentCommand):
    """One claim."""

    @extend_schema(operation_id="read_claim", responses=ClaimData)
    def get(self, request: Any, public_id: UUID) -> Response:
        """Read a claim with its evidence."""
        return Response(ClaimData(claim_of(request, public_id), context={"request": request}).data)


class Categories(IdempotentCommand):
    """The sector categories."""

    @extend_schema(operation_id="list_sector_categories", responses=CategoryData(many=True))
    def get(self, request: Any) -> Response:
        """List the sector categories that can be claimed."""
        return Response(CategoryData(list(SectorCategory.objects.all()), many=True).data)


# Evidence fields that the API calls otherwise than the action.
_FIELDS = {"register_row": "register_entry", "workload_code": "workload"}


def named_as_sent(refusal: CannotTakeEvidence) -> CannotTakeEvidence:
    """The refusal with the fields under the names that the API has for them."""
    refusal.fields = {f"evidence.{_FIELDS.get(name, name)}": told for name, told in refusal.fields.items()}
    return refusal


def item_of(row: dict[str, Any]) -> Item:
    """An item as the action takes it, from a validated `NewEvidence`."""
    return Item(
        kind=row["kind"],
        register_row=row_of(row["register_entry"]) if row["register_entry"] else None,
        domain=row["domain"],
        issuer=row["issuer"],
        reference=row["reference"],
        workload_code=row["workload"],
        note=row["note"],
    )


def _with_claims(actor: Actor) -> QuerySet[Any]:
    claims = Claim.objects.filter(state__in=CLAIM_STANDING).select_related("category").order_by("category__position")
    return with_particulars(actor).prefetch_related(Prefetch("claims", claims, to_attr="standing"))


def _organization(request: Any, public_id: UUID) -> Any:
    require(may_see_organizations(request.actor))
    found = _with_claims(request.actor).filter(public_id=public_id).first()
    if found is None:
        survivor = survivor_of(public_id)
        if survivor is not None and sees_organization(request.actor, survivor):
            raise Merged(into=survivor.public_id)
        raise NotFound()
    return found


def claim_of(request: Any, public_id: UUID) -> Claim:
    """The claim with everything it is answered with. Raises `NotFound`."""
    require(may_see_organizations(request.actor))
    found = with_everything(visible_claims(request.actor)).filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    return found
