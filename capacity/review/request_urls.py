"""Addresses of the requests themselves; under /requests/."""

from django.urls import path

from capacity.review.views import requests

app_name = "requests"
urlpatterns = [
    path("", requests.requests, name="requests"),
    path("<uuid:public_id>/", requests.request_page, name="request"),
    path("<uuid:public_id>/<slug:key>/", requests.act, name="act"),
]
