"""Addresses of pools, under /pools/."""

from django.urls import path

from capacity.pools import views

app_name = "pools"
urlpatterns = [
    path("<slug:region>/<slug:resource>/", views.pool, name="pool"),
    path("<slug:region>/<slug:resource>/terms/", views.terms, name="terms"),
]
