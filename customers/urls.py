"""Addresses of organizations, claims and verification."""

from django.urls import path

from customers.views import (
    claims,
    domains,
    evidence_reviews,
    files,
    imports,
    matches,
    organizations,
    portfolio,
    proposals,
    registers,
    verification,
)

app_name = "customers"

urlpatterns = [
    path("organizations/", organizations.organizations, name="organizations"),
    path("organizations/new/", organizations.register, name="register"),
    path("organizations/imports/", imports.imports, name="imports"),
    path("organizations/imports/new/", imports.start, name="import"),
    path("organizations/imports/<uuid:public_id>/", imports.run, name="import_run"),
    path("organizations/imports/<uuid:public_id>/progress/", imports.progress, name="import_progress"),
    path("organizations/portfolio/", portfolio.portfolio, name="portfolio"),
    path("organizations/claims/<uuid:public_id>/", claims.claim, name="claim"),
    path("organizations/claims/<uuid:public_id>/answer/", claims.answer, name="answer"),
    path("organizations/claims/<uuid:public_id>/evidence/", claims.evidence, name="evidence"),
    path("organizations/claims/<uuid:public_id>/evidence/<uuid:evidence_id>/dns/", domains.check_record, name="dns"),
    path("organizations/claims/<uuid:public_id>/evidence/<uuid:evidence_id>/code/", domains.mail, name="mail_code"),
    path("organizations/claims/<uuid:public_id>/evidence/<uuid:evidence_id>/files/", files.attach, name="attach"),
    path("evidence-files/<uuid:public_id>/", files.download, name="file"),
    path("domain-code/<str:link>/", domains.enter, name="enter_code"),
    path("organizations/<uuid:public_id>/", organizations.organization, name="organization"),
    path("organizations/<uuid:public_id>/change/", organizations.change, name="change"),
    path("organizations/<uuid:public_id>/proposals/", proposals.proposals, name="proposals"),
    path("organizations/<uuid:public_id>/claims/new/", claims.propose, name="propose"),
    path("registers/", registers.registers, name="registers"),
    path("registers/snapshots/", registers.snapshots, name="snapshots"),
    path("registers/reviews/", evidence_reviews.reviews, name="evidence_reviews"),
    path("registers/reviews/<uuid:public_id>/", evidence_reviews.review, name="evidence_review"),
    path("registers/eligible/", matches.matches, name="matches"),
    path("registers/eligible/claim/", matches.claim_selected, name="claim_matches"),
    path("registers/eligible/<uuid:public_id>/", matches.claim, name="match_claim"),
    path("registers/<slug:code>/<str:day>/", registers.snapshot, name="snapshot"),
    path("registers/<slug:code>/<str:day>/since/<str:since>/", registers.compare, name="register_changes"),
    path("registers/<slug:code>/<str:day>/entries/<path:key>/", registers.entry, name="register_entry"),
    path("verification/", verification.queue, name="verification"),
    path("verification/<uuid:public_id>/", verification.case, name="case"),
    path("verification/<uuid:public_id>/evidence/<uuid:evidence_id>/", verification.check, name="check"),
    path("verification/<uuid:public_id>/<slug:key>/", verification.act, name="act"),
]
