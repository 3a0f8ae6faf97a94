"""Addresses of alarms, under /alarms/."""

from django.urls import path

from capacity.alarms import views

app_name = "alarms"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("acknowledge/", views.acknowledge, name="acknowledge"),
]
