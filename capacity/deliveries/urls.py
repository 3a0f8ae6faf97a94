"""Addresses of deliveries, under /deliveries/."""

from django.urls import path

from capacity.deliveries import part_pages, views

app_name = "deliveries"
urlpatterns = [
    path("", views.deliveries, name="deliveries"),
    path("to/<slug:region>/", part_pages.of_region, name="of_region"),
    path("to/<slug:region>/<slug:resource>/", part_pages.of_pool, name="of_pool"),
    path("new/", views.plan, name="plan"),
    path("<uuid:public_id>/", views.delivery, name="delivery"),
    path("<uuid:public_id>/land/", views.land, name="land"),
    path("<uuid:public_id>/cancel/", views.cancel, name="cancel"),
]
