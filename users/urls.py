"""Addresses of people, of one's own account, and of saved views."""

from django.urls import path

from users.views import appearance, saved_views

app_name = "users"

urlpatterns = [
    path("account/appearance/", appearance.choose, name="appearance"),
    path("account/views/", saved_views.save, name="save_view"),
    path("account/views/<uuid:view_id>/delete/", saved_views.delete, name="delete_view"),
]
