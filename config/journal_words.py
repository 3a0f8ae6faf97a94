"""What the journal's codes mean: the words for every act, and the pages of its subjects."""

from collections.abc import Callable
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from journal.wording import SubjectWords

ACTIONS: dict[str, Any] = {
    "alarm.acknowledged": _("Alarm acknowledged"),
    "claim.information_given": _("Information on a claim given"),
    "claim.information_requested": _("Information on a claim requested"),
    "claim.made_provisional": _("Claim accepted provisionally"),
    "claim.rejected": _("Claim rejected"),
    "claim.revoked": _("Claim revoked"),
    "claim.submitted": _("Claim submitted"),
    "claim.suspended": _("Claim suspended"),
    "claim.taken_up": _("Claim taken up"),
    "claim.verified": _("Claim verified"),
    "condition.in_force": _("Region condition in force"),
    "condition.proposed": _("Region condition proposed"),
    "crew.required": _("Required crew set"),
    "crew.status_changed": _("Staffing status changed"),
    "crew.vouched": _("Crew vouched for"),
    "duty.dropped": _("Duty shift removed"),
    "duty.planned": _("Duty shift planned"),
    "evidence.added": _("Evidence added"),
    "evidence.checked": _("Evidence checked"),
    "invitation.withdrawn": _("Invitation withdrawn"),
    "organization.registered": _("Organization registered"),
    "organization.updated": _("Organization changed"),
    "override.confirmed": _("Override confirmed"),
    "override.expired": _("Override expired"),
    "override.proposed": _("Override proposed"),
    "override.refused": _("Override refused"),
    "override.revoked": _("Override revoked"),
    "person.invited": _("Person invited"),
    "person.joined": _("Person joined"),
    "person.left": _("Person left"),
    "policy.activated": _("Policy activated"),
    "pool.terms_changed": _("Supply terms of a pool changed"),
    "portfolio.created": _("Portfolio opened"),
    "request.declined": _("Request declined"),
    "request.waitlisted": _("Request waitlisted"),
    "role.assigned": _("Role given"),
    "role.ended": _("Role ended"),
    "shift.corrected": _("Shift report corrected"),
    "token.created": _("API token made"),
    "token.revoked": _("API token revoked"),
}


def _page(view: str) -> Callable[[str], str]:
    """The address of a subject's page by its id; empty where the id is none that the page takes."""

    def address(subject_id: str) -> str:
        try:
            return reverse(view, args=[subject_id])
        except NoReverseMatch:
            return ""

    return address


SUBJECTS: dict[str, SubjectWords] = {
    "alarm": SubjectWords(_("Alarm")),
    "claim": SubjectWords(_("Claim"), _page("customers:claim")),
    "datacenter": SubjectWords(_("Datacenter"), _page("staffing:datacenter")),
    "duty_shift": SubjectWords(_("Duty shift")),
    "invitation": SubjectWords(_("Invitation")),
    "organization": SubjectWords(_("Organization"), _page("customers:organization")),
    "override": SubjectWords(_("Override"), _page("priorities:override")),
    "policy_version": SubjectWords(_("Policy version"), _page("priorities:policy_version")),
    "pool": SubjectWords(_("Pool")),
    "portfolio": SubjectWords(_("Portfolio")),
    "region": SubjectWords(_("Region"), _page("regions:region")),
    "request": SubjectWords(_("Request"), _page("requests:request")),
    "user": SubjectWords(_("Person"), _page("users:person")),
}
