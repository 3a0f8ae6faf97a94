"""Addresses of simulations, under the policy."""

from django.urls import path

from capacity.allocation import views

app_name = "allocation"

urlpatterns = [
    path("<int:number>/simulation/", views.page, name="simulation"),
    path("<int:number>/simulation/start/", views.start, name="start"),
    path("simulations/<uuid:public_id>/progress/", views.progress, name="progress"),
    path("simulations/<uuid:public_id>/rows/", views.rows, name="rows"),
    path("simulations/<uuid:public_id>/figures/", views.figures, name="figures"),
]
