"""Addresses about keeping and erasing."""

from django.urls import path

from customers.retention import views

app_name = "retention"
urlpatterns = [
    path("people/retention/", views.retention, name="retention"),
    path("organizations/<uuid:public_id>/erasure/", views.erasure, name="erasure"),
]
