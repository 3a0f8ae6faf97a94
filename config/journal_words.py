"""What the journal's codes mean: the words for every act, and the pages of its subjects."""

from collections.abc import Callable
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from journal.wording import SubjectWords

ACTIONS: dict[str, Any] = {
    "alarm.acknowledged": _("Alarm acknowledged"),
    "alarm.ended": _("Alarm ended"),
    "alarm.raised": _("Alarm raised"),
    "claim.ends_sooner": _("End of a verification brought forward"),
    "claim.in_grace": _("Claim in its grace period"),
    "claim.information_given": _("Information on a claim given"),
    "claim.information_requested": _("Information on a claim requested"),
    "claim.lapsed": _("Claim lapsed"),
    "claim.made_provisional": _("Claim accepted provisionally"),
    "claim.rejected": _("Claim rejected"),
    "claim.renewal_due": _("Claim due for renewal"),
    "claim.revoked": _("Claim revoked"),
    "claim.submitted": _("Claim submitted"),
    "claim.suspended": _("Claim suspended"),
    "claim.taken_up": _("Claim taken up"),
    "claim.verified": _("Claim verified"),
    "condition.in_force": _("Region condition in force"),
    "condition.proposed": _("Region condition proposed"),
    "condition.refused": _("Region condition refused"),
    "condition.withdrawn": _("Proposal of a region condition withdrawn"),
    "crew.required": _("Required crew set"),
    "crew.status_changed": _("Staffing status changed"),
    "crew.vouched": _("Crew vouched for"),
    "duty.dropped": _("Duty shift removed"),
    "duty.planned": _("Duty shift planned"),
    "evidence.added": _("Evidence added"),
    "evidence.checked": _("Evidence checked"),
    "evidence_review.closed": _("Review of evidence closed: listed again"),
    "evidence_review.fell_due": _("Review of evidence overdue"),
    "evidence_review.opened": _("Review of evidence opened"),
    "evidence_review.resolved": _("Review of evidence done"),
    "evidence.code_mailed": _("Code mailed to a domain"),
    "evidence.domain_shown": _("Control of a domain shown"),
    "import.started": _("Import started"),
    "invitation.withdrawn": _("Invitation withdrawn"),
    "lever.moved": _("Step of a lever carried out"),
    "lever.proposed": _("Step of a lever asked for"),
    "lever.refused": _("Step of a lever refused"),
    "matching.trained": _("Proposals learned anew"),
    "liaison.closed": _("Contact closed"),
    "liaison.logged": _("Contact written down"),
    "liaison.moved": _("Contact moved along"),
    "matches.claimed": _("Proposed categories claimed"),
    "notice.changed": _("Notice changed"),
    "notice.drafted": _("Notice drafted"),
    "notice.published": _("Notice published"),
    "organization.registered": _("Organization registered"),
    "organization.updated": _("Organization changed"),
    "override.confirmed": _("Override confirmed"),
    "override.expired": _("Override expired"),
    "override.glass_broken": _("Override in force on one signature"),
    "override.lapsed": _("Override ended unsigned"),
    "override.proposed": _("Override proposed"),
    "override.refused": _("Override refused"),
    "override.renewed": _("Renewal of an override proposed"),
    "override.reviewed": _("Override looked back at"),
    "override.revoked": _("Override revoked"),
    "person.invited": _("Person invited"),
    "person.joined": _("Person joined"),
    "person.left": _("Person left"),
    "policy.activated": _("Policy activated"),
    "policy.changed": _("Draft of the policy changed"),
    "policy.discarded": _("Draft of the policy discarded"),
    "policy.drafted": _("Policy drafted"),
    "policy.proposed": _("Policy proposed"),
    "policy.retired": _("Policy retired"),
    "policy.sent_back": _("Proposed policy sent back"),
    "pool.terms_changed": _("Supply terms of a pool changed"),
    "portfolio.created": _("Portfolio opened"),
    "region.added": _("Region added"),
    "region.changed": _("Region changed"),
    "risk.imported": _("Series about staffing risk taken in"),
    "register.imported": _("Register imported"),
    "request.answered": _("Questions about a request answered"),
    "request.decision_undone": _("Decision undone"),
    "request.declined": _("Request declined"),
    "request.drafted": _("Request drafted"),
    "request.filed": _("Request filed"),
    "request.fulfilled": _("Request fulfilled"),
    "request.information_requested": _("Information on a request requested"),
    "request.looked_at_again": _("Request looked at again"),
    "request.released": _("Capacity of a request released"),
    "request.signature_refused": _("Second signature refused"),
    "request.signed_first": _("First signature given"),
    "request.waitlisted": _("Request waitlisted"),
    "request.withdrawn": _("Request withdrawn"),
    "request.workload_confirmed": _("Workload of a request confirmed"),
    "request.reranked": _("Requests ranked again"),
    "role.assigned": _("Role given"),
    "role.ended": _("Role ended"),
    "shift.corrected": _("Shift report corrected"),
    "shift.reported": _("Shift reported"),
    "token.created": _("API token made"),
    "token.revoked": _("API token revoked"),
}


def _page(view: str, between: str = "/") -> Callable[[str], str]:
    """The address of a subject's page by its id; empty where the id is none that the page takes."""

    def address(subject_id: str) -> str:
        try:
            return reverse(view, args=subject_id.split(between))
        except NoReverseMatch:
            return ""

    return address


SUBJECTS: dict[str, SubjectWords] = {
    "alarm": SubjectWords(_("Alarm")),
    "claim": SubjectWords(_("Claim"), _page("customers:claim")),
    "datacenter": SubjectWords(_("Datacenter"), _page("staffing:datacenter")),
    "duty_shift": SubjectWords(_("Duty shift")),
    "evidence_review": SubjectWords(_("Review of evidence"), _page("customers:evidence_review")),
    "invitation": SubjectWords(_("Invitation")),
    "organization": SubjectWords(_("Organization"), _page("customers:organization")),
    "liaison": SubjectWords(_("Contact"), _page("liaison:item")),
    "lever": SubjectWords(_("Lever"), _page("levers:lever")),
    "notice": SubjectWords(_("Notice"), _page("notices:notice")),
    "matching_model": SubjectWords(_("What proposals have learned")),
    "import_run": SubjectWords(_("Import"), _page("customers:import_run")),
    "override": SubjectWords(_("Override"), _page("priorities:override")),
    "policy_version": SubjectWords(_("Policy version"), _page("priorities:policy_version")),
    "pool": SubjectWords(_("Pool"), _page("pools:pool")),
    "portfolio": SubjectWords(_("Portfolio")),
    "region": SubjectWords(_("Region"), _page("regions:region")),
    "risk_series": SubjectWords(_("Series about staffing risk")),
    "register_snapshot": SubjectWords(_("Register"), _page("customers:snapshot", "@")),
    "request": SubjectWords(_("Request"), _page("requests:request")),
    "user": SubjectWords(_("Person"), _page("users:person")),
}
