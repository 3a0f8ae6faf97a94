"""Addresses of regions, under /regions/: their pages look at everything, their acts are their own."""

from django.urls import path

from capacity.desk import region_page, region_tiles
from capacity.regions import views
from capacity.staffing import risk_page

app_name = "regions"
urlpatterns = [
    path("", region_tiles.tiles, name="tiles"),
    path("table/", region_tiles.table, name="table"),
    path("conditions/<uuid:public_id>/", views.proposal, name="proposal"),
    path("conditions/<uuid:public_id>/confirm/", views.confirm, name="confirm"),
    path("conditions/<uuid:public_id>/refuse/", views.refuse, name="refuse"),
    path("conditions/<uuid:public_id>/withdraw/", views.withdraw, name="withdraw"),
    path("<slug:code>/", region_page.region, name="region"),
    path("<slug:code>/condition/", views.declare, name="declare"),
    path("<slug:code>/staffing-risk/", risk_page.history, name="staffing_risk"),
]
