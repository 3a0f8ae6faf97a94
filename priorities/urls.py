"""Addresses of the policy and the override register."""

from django.urls import path

from priorities.views import drafting, overrides, policies

app_name = "priorities"

urlpatterns = [
    path("policy/", policies.policy, name="policy"),
    path("policy/versions/<uuid:public_id>/", policies.policy_version, name="policy_version"),
    path("policy/versions/<int:number>/", policies.version, name="version"),
    path("policy/versions/<int:old>/to/<int:new>/", policies.difference, name="difference"),
    path("policy/versions/<int:number>/draft/", drafting.draft, name="draft_policy"),
    path("policy/versions/<int:number>/terms/", drafting.terms, name="terms"),
    path("policy/versions/<int:number>/clauses/new/", drafting.clause, name="new_clause"),
    path("policy/versions/<int:number>/clauses/<str:clause>/", drafting.clause, name="clause"),
    path("policy/versions/<int:number>/clauses/<str:clause>/remove/", drafting.remove_clause, name="remove_clause"),
    path("policy/versions/<int:number>/propose/", drafting.propose, name="propose_policy"),
    path("policy/versions/<int:number>/discard/", drafting.discard, name="discard_policy"),
    path("policy/versions/<int:number>/send-back/", drafting.send_back, name="send_back_policy"),
    path("policy/versions/<int:number>/activate/", drafting.activate, name="activate_policy"),
    path("overrides/", overrides.overrides, name="overrides"),
    path("overrides/<uuid:public_id>/", overrides.override, name="override"),
    path("overrides/<uuid:public_id>/confirm/", overrides.confirm, name="confirm"),
    path("overrides/<uuid:public_id>/refuse/", overrides.refuse, name="refuse"),
    path("overrides/<uuid:public_id>/revoke/", overrides.revoke, name="revoke"),
    path("overrides/<uuid:public_id>/renew/", overrides.renew, name="renew"),
    path("overrides/<uuid:public_id>/review/", overrides.review, name="review"),
]
