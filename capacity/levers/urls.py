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
    path("<uuid:public_id>/keep/", views.keep, name="keep"),
    path("<uuid:public_id>/step/", views.step, name="step"),
    path("<uuid:public_id>/measure/<int:position>/", views.measure, name="measure"),
]
