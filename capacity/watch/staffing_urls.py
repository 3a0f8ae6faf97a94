"""Addresses of crews, under /staffing/: they are shown by their own slice and reported here, where supply follows."""

from django.urls import path

from capacity.staffing import views as staffing
from capacity.watch import views

app_name = "staffing"
urlpatterns = [
    path("", staffing.board, name="board"),
    path("<slug:code>/", staffing.datacenter, name="datacenter"),
    path("<slug:code>/report/", views.report, name="report"),
    path("<slug:code>/vouch/", views.vouch, name="vouch"),
]
