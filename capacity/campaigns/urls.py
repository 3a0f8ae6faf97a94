"""Addresses of offer campaigns."""

from django.urls import path

from capacity.campaigns import views

app_name = "campaigns"

urlpatterns = [
    path("", views.campaigns, name="campaigns"),
    path("new/", views.plan, name="plan"),
    path("<uuid:public_id>/", views.campaign, name="campaign"),
    path("<uuid:public_id>/publish/", views.publish, name="publish"),
    path("<uuid:public_id>/close/", views.close, name="close"),
]
