"""Addresses of notices."""

from django.urls import path

from capacity.notices import views

app_name = "notices"

urlpatterns = [
    path("", views.notices, name="notices"),
    path("new/", views.draft, name="draft"),
    path("<uuid:public_id>/", views.notice, name="notice"),
    path("<uuid:public_id>/publish/", views.publish, name="publish"),
]
