"""Addresses of the liaison log, below /liaison/."""

from django.urls import path

from customers.liaison import views

app_name = "liaison"
urlpatterns = [
    path("", views.items, name="items"),
    path("new/", views.log, name="log"),
    path("<uuid:public_id>/", views.item, name="item"),
]
