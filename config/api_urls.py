"""Every address of the API, and its OpenAPI document."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from capacity.regions import api as regions
from capacity.response import api as response
from capacity.review import api as review
from capacity.review import override_api as overrides
from capacity.staffing import api as staffing
from capacity.usage import api as usage
from capacity.watch import api as watch
from customers import api as customers
from customers import api_verification as verification
from priorities import api as priorities

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("organizations/", customers.Organizations.as_view()),
    path("organizations/<uuid:public_id>/", customers.OrganizationDetail.as_view()),
    path("organizations/<uuid:public_id>/claims/", customers.OrganizationClaims.as_view()),
    path("claims/<uuid:public_id>/", customers.ClaimDetail.as_view()),
    path("claims/<uuid:public_id>/evidence/", verification.ClaimEvidence.as_view()),
    path("claims/<uuid:public_id>/evidence/<uuid:evidence_id>/check/", verification.CheckEvidence.as_view()),
    path("claims/<uuid:public_id>/evidence/<uuid:evidence_id>/check-dns/", verification.CheckDns.as_view()),
    path("claims/<uuid:public_id>/evidence/<uuid:evidence_id>/mail-code/", verification.MailCode.as_view()),
    path("claims/<uuid:public_id>/take-up/", verification.TakeUp.as_view()),
    path("claims/<uuid:public_id>/verify/", verification.Verify.as_view()),
    path("claims/<uuid:public_id>/count-provisionally/", verification.CountProvisionally.as_view()),
    path("claims/<uuid:public_id>/reject/", verification.Reject.as_view()),
    path("claims/<uuid:public_id>/request-information/", verification.AskAboutClaim.as_view()),
    path("claims/<uuid:public_id>/answer/", verification.AnswerAboutClaim.as_view()),
    path("verification-cases/", verification.Cases.as_view()),
    path("sector-categories/", customers.Categories.as_view()),
    path("policy-versions/", priorities.PolicyVersions.as_view()),
    path("policy-versions/<int:number>/", priorities.PolicyVersionDetail.as_view()),
    path("policy-versions/<int:old>/to/<int:new>/", priorities.PolicyDifference.as_view()),
    path("policy-versions/<int:number>/propose/", priorities.ProposePolicy.as_view()),
    path("policy-versions/<int:number>/send-back/", priorities.SendBackPolicy.as_view()),
    path("policy-versions/<int:number>/discard/", priorities.DiscardPolicy.as_view()),
    path("policy-versions/<int:number>/activate/", priorities.ActivatePolicy.as_view()),
    path("regions/", watch.Regions.as_view()),
    path("datacenters/", watch.Datacenters.as_view()),
    path("staffing-board/", staffing.StaffingBoard.as_view()),
    path("datacenters/<slug:code>/shift-reports/", watch.ShiftReports.as_view()),
    path("threshold-proposals/", regions.ThresholdProposals.as_view()),
    path("response-plans/", response.ResponsePlans.as_view()),
    path("usage/samples/", usage.UsageSamples.as_view()),
    path("requests/", review.Requests.as_view()),
    path("requests/<uuid:public_id>/", review.RequestDetail.as_view()),
    path("requests/<uuid:public_id>/workload/", review.ConfirmWorkload.as_view()),
    path("requests/<uuid:public_id>/approve/", review.Approve.as_view()),
    path("requests/<uuid:public_id>/grant-in-part/", review.GrantInPart.as_view()),
    path("requests/<uuid:public_id>/grant-elsewhere/", review.Elsewhere.as_view()),
    path("requests/<uuid:public_id>/decline/", review.Decline.as_view()),
    path("requests/<uuid:public_id>/waitlist/", review.Waitlist.as_view()),
    path("requests/<uuid:public_id>/withdraw/", review.Withdraw.as_view()),
    path("requests/<uuid:public_id>/overrides/", overrides.RequestOverrides.as_view()),
    path("organizations/<uuid:public_id>/overrides/", overrides.OrganizationOverrides.as_view()),
    path("overrides/", overrides.Overrides.as_view()),
    path("overrides/<uuid:public_id>/", overrides.OverrideDetail.as_view()),
    path("overrides/<uuid:public_id>/renew/", overrides.RenewOverride.as_view()),
    path("overrides/<uuid:public_id>/end/", overrides.EndOverride.as_view()),
    path("overrides/<uuid:public_id>/review/", overrides.ReviewOverride.as_view()),
]
