"""Addresses of the journal. Its pages live with the people, whose names and rights they need."""

from django.urls import path

from users.views import journal

app_name = "journal"

urlpatterns = [
    path("", journal.journal, name="entries"),
    path("verify/", journal.verify, name="verify"),
    path("<uuid:public_id>/", journal.entry, name="entry"),
]
