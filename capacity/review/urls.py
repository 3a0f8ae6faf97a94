"""Addresses of the review; under /queue/."""

from django.urls import path

from capacity.review.views import case, queue

app_name = "review"
urlpatterns = [
    path("", queue.queue, name="queue"),
    path("decisions/<uuid:public_id>/undo/", case.undo, name="undo"),
    path("<uuid:public_id>/", case.case, name="case"),
    path("<uuid:public_id>/<slug:key>/", case.act, name="act"),
]
