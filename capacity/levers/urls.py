"""Addresses of levers."""

from django.urls import path

from capacity.levers import views

app_name = "levers"

urlpatterns = [
    path("", views.levers, name="levers"),
    path("new/", views.set_up, name="set_up"),
    path("<uuid:public_id>/", views.lever, name="lever"),
    path("<uuid:public_id>/propose/", views.propose, name="propose"),
    path("<uuid:public_id>/sign/", views.sign, name="sign"),
]
