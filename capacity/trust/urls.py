"""Addresses of the trust center."""

from django.urls import path

from capacity.trust import views

app_name = "trust"

urlpatterns = [
    path("", views.home, name="home"),
    path("<str:language>/", views.overview, name="overview"),
    path("<str:language>/conditions/", views.conditions, name="conditions"),
    path("<str:language>/policy/", views.policy, name="policy"),
    path("<str:language>/policy/<int:number>/", views.policy_version, name="policy_version"),
    path("<str:language>/policy/<int:old>/to/<int:new>/", views.policy_change, name="policy_change"),
    path("<str:language>/notices/", views.notices, name="notices"),
    path("<str:language>/notices.atom", views.atom, name="atom"),
    path("<str:language>/notices.json", views.json_feed, name="json"),
    path("<str:language>/notices/<uuid:public_id>/", views.notice, name="notice"),
    path("<str:language>/contacts/", views.contacts, name="contacts"),
]
