"""Addresses of response plans, under /response/."""

from django.urls import path

from capacity.response import views

app_name = "response"
urlpatterns = [
    path("", views.plans, name="plans"),
    path("new/", views.draft, name="draft"),
    path("<uuid:public_id>/", views.plan, name="plan"),
    path("<uuid:public_id>/change/", views.change, name="change"),
    path("<uuid:public_id>/activate/", views.activate, name="activate"),
    path("<uuid:public_id>/phases/new/", views.new_phase, name="new_phase"),
    path("<uuid:public_id>/phases/<int:after>/end/", views.next_phase, name="next_phase"),
    path("<uuid:public_id>/tasks/new/", views.new_item, name="new_item"),
    path("<uuid:public_id>/tasks/<uuid:item>/done/", views.finish, name="finish"),
    path("<uuid:public_id>/links/<slug:kind>/new/", views.new_link, name="new_link"),
    path("<uuid:public_id>/links/<slug:kind>/<uuid:target>/remove/", views.unlink, name="unlink"),
    path("<uuid:public_id>/stand-down/", views.end, name="end"),
    path("<uuid:public_id>/review/", views.review, name="review"),
]
