"""Addresses of writing requests; under /requests/."""

from django.urls import path

from capacity.intake import views

app_name = "intake"
urlpatterns = [
    path("new/", views.new, name="new"),
    path("check/", views.check, name="check"),
    path("<uuid:public_id>/draft/", views.draft, name="draft"),
    path("<uuid:public_id>/standing/", views.standing, name="standing"),
]
