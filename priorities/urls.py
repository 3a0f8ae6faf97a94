"""Addresses of the policy and the override register."""

from django.urls import path

from priorities.views import overrides, policies

app_name = "priorities"

urlpatterns = [
    path("policy/", policies.policy, name="policy"),
    path("policy/versions/<int:number>/", policies.version, name="version"),
    path("overrides/", overrides.overrides, name="overrides"),
    path("overrides/<uuid:public_id>/", overrides.override, name="override"),
    path("overrides/<uuid:public_id>/confirm/", overrides.confirm, name="confirm"),
    path("overrides/<uuid:public_id>/refuse/", overrides.refuse, name="refuse"),
    path("overrides/<uuid:public_id>/revoke/", overrides.revoke, name="revoke"),
    path("overrides/<uuid:public_id>/renew/", overrides.renew, name="renew"),
    path("overrides/<uuid:public_id>/review/", overrides.review, name="review"),
]
