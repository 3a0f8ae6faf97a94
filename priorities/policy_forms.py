"""What the editor of a policy asks for. Shares are parts of a thousand throughout, as the policy holds them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kit.forms import MAX_ROW_VERSION, Form, Group, QuantityField, VersionedForm, required_text
from priorities import policy
from priorities.actions.draft_policy import MAX_TITLE
from priorities.drafts import MAX_REASON, Approval
from priorities.models import PolicyRule
from priorities.wording import OFFER_LABELS, category_label, offer_label, workload_label
from users.forms import MomentField

# Said where the editor asks for what no plan serves yet; the policy itself says it as `planning_later`.
NOT_YET = _("It is kept with the version and applies as soon as requests are planned together.")
MAX_HOURS = 24 * 365
MAX_DAYS = 365
MAX_POINTS = policy.PERMILLE


def permille(label: Any, *, least: int = 0, **options: Any) -> QuantityField:
    """A share in parts of a thousand."""
    return QuantityField(label=label, least=least, most=policy.PERMILLE, **options)


class NewDraftForm(Form):
    """A draft begins as a copy."""

    title = required_text(_("Title"), max_length=MAX_TITLE, help_text=_("The public reads it in the history."))


class ActForm(VersionedForm):
    """An act on a version, with why."""

    reason = required_text(_("Reason"), max_length=MAX_REASON, lines=3)


class ActivationForm(ActForm):
    """From when, and instead of which version."""

    active_from = MomentField(label=_("In force from"), required=False, help_text=_("Leave it empty for at once."))
    replaces = forms.IntegerField(required=False, min_value=1, max_value=MAX_ROW_VERSION, widget=forms.HiddenInput)


class TermsForm(VersionedForm):
    """Everything a version says besides its clauses."""

    title = required_text(_("Title"), max_length=MAX_TITLE)
    weight_workload = permille(_("Workload"))
    weight_certificate = permille(_("Authority's certificate"))
    weight_verification = permille(_("Strength of verification"))
    verified_score = permille(_("A verified category"))
    provisional_score = permille(_("A provisional category"))
    strict_tier_one = forms.BooleanField(
        label=_("Serve the first four clauses of tier 1 strictly one after the other"), required=False
    )
    reserve = permille(_("Reserve for tier 1"))
    mark = permille(
        _("Mark of tier 1"), help_text=_("Beyond it grants need a second signature; nobody is refused for it.")
    )
    second_signature = permille(_("A second signature for grants above"))
    provisional_cap = permille(_("At most on a provisional category"))
    override_hours = QuantityField(label=_("Hours an override lasts unless stated otherwise"), most=MAX_HOURS)
    override_max_days = QuantityField(label=_("Days it lasts at most"), most=14)
    override_renewals = QuantityField(label=_("Renewals"), least=0, most=10)
    break_glass_hours = QuantityField(label=_("Hours to the second signature where lives are at risk"), most=MAX_HOURS)
    auto_share = permille(_("Approve automatically up to"))
    auto_below = permille(_("While less than this is promised"))

    def __init__(self, *args: Any, terms: policy.Policy, categories: Mapping[str, str], **kwargs: Any) -> None:
        """`terms` is the policy that is changed; `categories` are the codes there are, with their names."""
        self.terms = terms
        super().__init__(*args, **kwargs)
        self.workloads = [key for key, _points in sorted(terms.workload_scores, key=lambda pair: -pair[1])]
        for code in self.workloads:
            self.fields[f"score_{code}"] = permille(capfirst(workload_label(code)))
        for tier in policy.TIERS:
            self.fields.update(_tier_fields(tier))
        for code, name in categories.items():
            self.fields[f"floor_{code}"] = permille(name, least=1, required=False)
        self.groups = self._groups(list(categories))

    def _groups(self, categories: list[str]) -> list[Group]:
        weights = ("weight_workload", "weight_certificate", "weight_verification")
        scores = tuple(f"score_{code}" for code in self.workloads)
        return [
            Group(gettext("Version"), ("title",)),
            Group(gettext("The score"), weights, gettext("Together they are 1000.")),
            Group(
                gettext("What counts how much"),
                (*scores, "verified_score", "provisional_score"),
                gettext("In parts of a thousand of what the score gives at most."),
            ),
            *(Group(gettext("Tier %(tier)s") % {"tier": tier}, tuple(_tier_fields(tier))) for tier in policy.TIERS),
            Group(
                gettext("When capacity is scarce"),
                ("reserve", "mark", "second_signature", "provisional_cap", "strict_tier_one"),
                gettext("In parts of a thousand of a pool: 100 is 10%."),
            ),
            Group(
                gettext("Overrides"),
                ("override_hours", "override_max_days", "override_renewals", "break_glass_hours"),
            ),
            Group(
                gettext("Kept for categories"),
                tuple(f"floor_{code}" for code in categories),
                f"{gettext('In parts of a thousand of a pool.')} {NOT_YET}",
                folded=True,
            ),
            Group(
                gettext("For staff only"),
                ("auto_share", "auto_below"),
                gettext(
                    "Automatic approval in regions in normal condition, in parts of a thousand of a pool. The bounds "
                    "are kept with the version; nothing is approved without a person yet."
                ),
            ),
        ]

    def value(self) -> policy.Policy:
        """The policy with what was filled in."""
        values = self.cleaned_data
        floors = {name.removeprefix("floor_"): share for name, share in values.items() if name.startswith("floor_")}
        return replace(
            self.terms,
            weight_workload=values["weight_workload"],
            weight_certificate=values["weight_certificate"],
            weight_verification=values["weight_verification"],
            workload_scores=tuple((code, values[f"score_{code}"]) for code in self.workloads),
            verification_scores=(
                (policy.Verification.VERIFIED, values["verified_score"]),
                (policy.Verification.PROVISIONAL, values["provisional_score"]),
            ),
            tiers=tuple(_tier_terms(tier, values) for tier in policy.TIERS),
            reserve_permille=values["reserve"],
            mark_permille=values["mark"],
            second_signature_permille=values["second_signature"],
            strict_tier_one=values["strict_tier_one"],
            provisional_cap_permille=values["provisional_cap"],
            override_hours=values["override_hours"],
            override_max_days=values["override_max_days"],
            override_renewals=values["override_renewals"],
            break_glass_hours=values["break_glass_hours"],
            floors=tuple((code, share) for code, share in floors.items() if share),
        )

    def approval(self) -> Approval:
        """The bounds of automatic approval that were filled in."""
        return Approval(self.cleaned_data["auto_share"], self.cleaned_data["auto_below"])


def terms_initial(value: policy.Policy, title: str, approval: Approval, row_version: int) -> dict[str, Any]:
    """A policy as `TermsForm` shows it."""
    shown: dict[str, Any] = {
        "row_version": row_version,
        "title": title,
        "weight_workload": value.weight_workload,
        "weight_certificate": value.weight_certificate,
        "weight_verification": value.weight_verification,
        "verified_score": value.verification_score(policy.Verification.VERIFIED),
        "provisional_score": value.verification_score(policy.Verification.PROVISIONAL),
        "strict_tier_one": value.strict_tier_one,
        "reserve": value.reserve_permille,
        "mark": value.mark_permille,
        "second_signature": value.second_signature_permille,
        "provisional_cap": value.provisional_cap_permille,
        "override_hours": value.override_hours,
        "override_max_days": value.override_max_days,
        "override_renewals": value.override_renewals,
        "break_glass_hours": value.break_glass_hours,
        "auto_share": approval.share,
        "auto_below": approval.below,
    }
    shown |= {f"score_{code}": points for code, points in value.workload_scores}
    shown |= {f"floor_{code}": share for code, share in value.floors}
    for terms in value.tiers:
        shown |= {
            f"tier{terms.tier}_aging": terms.aging_points,
            f"tier{terms.tier}_max_wait": terms.max_wait_days,
            f"tier{terms.tier}_target": terms.target_hours,
            f"tier{terms.tier}_working_days": terms.working_days,
            f"tier{terms.tier}_shared": terms.shared,
            f"tier{terms.tier}_wishes": terms.binding_wishes,
        }
    return shown


def _tier_fields(tier: int) -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {
        f"tier{tier}_target": QuantityField(label=_("Hours to a decision"), most=MAX_HOURS),
        f"tier{tier}_working_days": forms.BooleanField(label=_("Count working days only"), required=False),
        f"tier{tier}_max_wait": QuantityField(
            label=_("Days of waiting after which it comes first in its tier"), most=MAX_DAYS, required=False
        ),
        f"tier{tier}_aging": QuantityField(label=_("Points for each day of waiting"), least=0, most=MAX_POINTS),
        f"tier{tier}_wishes": forms.BooleanField(
            label=_("Plans keep the order of the wished regions"), required=False, help_text=NOT_YET
        ),
        f"tier{tier}_shared": forms.BooleanField(
            label=_("Plans give every organization a part instead of serving by rank"),
            required=False,
            help_text=NOT_YET,
        ),
    }
    if tier == policy.TIERS[0]:
        # In tier 1 arrival only breaks ties, and it is never shared.
        del fields["tier1_aging"], fields["tier1_shared"]
    return fields


def _tier_terms(tier: int, values: Mapping[str, Any]) -> policy.TierTerms:
    return policy.TierTerms(
        tier,
        aging_points=values.get(f"tier{tier}_aging", 0),
        max_wait_days=values[f"tier{tier}_max_wait"],
        target_hours=values[f"tier{tier}_target"],
        working_days=values[f"tier{tier}_working_days"],
        shared=values.get(f"tier{tier}_shared", False),
        binding_wishes=values[f"tier{tier}_wishes"],
    )


EITHER = ""
YES_NO: dict[str, bool | None] = {EITHER: None, "yes": True, "no": False}


class ClauseForm(VersionedForm):
    """One clause: what it asks for, which tier it gives, where it stands."""

    clause = forms.CharField(
        label=_("Number"),
        max_length=PolicyRule._meta.get_field("clause").max_length,
        validators=[RegexValidator(r"^[0-9]+(\.[0-9]+)*$", _("Digits and points, such as 1.2."))],
        help_text=_("By which people cite it."),
    )
    tier = forms.TypedChoiceField(label=_("Tier"), choices=[(tier, tier) for tier in policy.TIERS], coerce=int)
    before = forms.ChoiceField(label=_("Stands before"), required=False)
    categories = forms.MultipleChoiceField(
        label=_("Sector categories"), required=False, widget=forms.CheckboxSelectMultiple
    )
    needs_certificate = forms.BooleanField(
        label=_("Only with an authority's certificate of vital tasks"), required=False
    )
    workloads = forms.MultipleChoiceField(label=_("Workloads"), required=False, widget=forms.CheckboxSelectMultiple)
    offers = forms.MultipleChoiceField(
        label=_("Offers"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    existing = forms.ChoiceField(
        label=_("Customers"),
        required=False,
        choices=[(EITHER, _("Existing and new")), ("yes", _("Existing only")), ("no", _("New only"))],
    )
    internal = forms.ChoiceField(
        label=_("Services"),
        required=False,
        choices=[(EITHER, _("Own and external")), ("yes", _("The provider's own only")), ("no", _("External only"))],
    )
    groups = (
        Group(_("Clause"), ("clause", "tier", "before")),
        Group(
            _("For whom"),
            ("categories", "needs_certificate", "workloads", "offers", "existing", "internal"),
            _("Choose none, and the clause does not ask for it."),
        ),
    )

    def __init__(
        self,
        *args: Any,
        terms: policy.Policy,
        categories: Mapping[str, str],
        workloads: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.terms = terms
        choices: dict[str, list[tuple[str, Any]]] = {
            "categories": [(code, f"{code} · {name}") for code, name in categories.items()],
            "workloads": list(workloads.items()),
            "offers": [(code, capfirst(offer_label(code))) for code in OFFER_LABELS],
            "before": [(EITHER, _("nothing: it is the last")), *((rule.clause, rule.clause) for rule in terms.rules)],
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]

    def value(self, replacing: str = "") -> policy.Policy:
        """The policy with this clause in its place, instead of the clause `replacing` where one is named."""
        values = self.cleaned_data
        old = next((rule for rule in self.terms.rules if rule.clause == replacing), None)
        rule = policy.Rule(
            values["clause"],
            values["tier"],
            categories=_listed(values["categories"], old.categories if old else None),
            workloads=_listed(values["workloads"], old.workloads if old else None),
            offers=_listed(values["offers"], old.offers if old else None),
            existing=YES_NO[values["existing"]],
            internal=YES_NO[values["internal"]],
            needs_certificate=values["needs_certificate"],
        )
        rules: list[policy.Rule] = []
        for one in self.terms.rules:
            if one.clause == values["before"]:
                rules.append(rule)
            if one is not old:
                rules.append(one)
        return replace(self.terms, rules=tuple(rules if rule in rules else [*rules, rule]))


def _listed(chosen: list[str], before: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """What was chosen, None for nothing. The same choice keeps its order, or it would read as a change."""
    if before is not None and set(before) == set(chosen):
        return before
    return tuple(chosen) or None


def clause_initial(value: policy.Policy, clause: str, row_version: int) -> dict[str, Any]:
    """A clause as `ClauseForm` shows it; an empty one where there is none of that number."""
    places = [place for place, rule in enumerate(value.rules) if rule.clause == clause]
    if not places:
        return {"row_version": row_version}
    rule = value.rules[places[0]]
    answers = {answer: word for word, answer in YES_NO.items()}
    after = value.rules[places[0] + 1 :]
    return {
        "row_version": row_version,
        "clause": rule.clause,
        "tier": rule.tier,
        "before": after[0].clause if after else EITHER,
        "categories": list(rule.categories or ()),
        "needs_certificate": rule.needs_certificate,
        "workloads": list(rule.workloads or ()),
        "offers": list(rule.offers or ()),
        "existing": answers[rule.existing],
        "internal": answers[rule.internal],
    }


def category_names(codes: tuple[str, ...]) -> dict[str, str]:
    """The sector categories by code, named as the policy's sentences name them."""
    return {code: capfirst(category_label(code)) for code in codes}


def workload_names(codes: tuple[str, ...]) -> dict[str, str]:
    """The workload classes by code, named as the policy's sentences name them."""
    return {code: capfirst(workload_label(code)) for code in codes}
