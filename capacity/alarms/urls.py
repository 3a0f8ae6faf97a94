"""Addresses of alarms, under /alarms/."""

from django.urls import path

from capacity.alarms import views

app_name = "alarms"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("<uuid:public_id>/", views.alarm, name="alarm"),
    path("<slug:act>/", views.act, name="act"),
]
