"""Addresses about verifications that are looked at again or run out."""

from django.urls import path

from customers.assurance import views

app_name = "assurance"
urlpatterns = [
    path("organizations/expiring/", views.expiring, name="expiring"),
    path("organizations/claims/<uuid:public_id>/complaint/", views.complaint, name="complaint"),
    path("verification/reviews/", views.reviews, name="reviews"),
    path("verification/reviews/<uuid:public_id>/", views.review, name="review"),
]
