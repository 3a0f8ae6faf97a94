"""Addresses of regions, under /regions/: their pages look at everything, their acts are their own."""

from django.urls import path

from capacity.desk import region_ahead, region_page, region_table, region_tiles
from capacity.regions import condition_views, views
from capacity.staffing import risk_page

app_name = "regions"
urlpatterns = [
    path("", region_tiles.tiles, name="tiles"),
    path("table/", region_table.table, name="table"),
    path("calendar/", condition_views.calendar, name="calendar"),
    path("thresholds/", condition_views.thresholds, name="thresholds"),
    path("proposals/", condition_views.proposals, name="proposals"),
    path("proposals/<uuid:public_id>/dismiss/", condition_views.dismiss, name="dismiss"),
    path("conditions/", condition_views.history, name="history"),
    path("conditions/<uuid:public_id>/", views.proposal, name="proposal"),
    path("conditions/<uuid:public_id>/confirm/", views.confirm, name="confirm"),
    path("conditions/<uuid:public_id>/refuse/", views.refuse, name="refuse"),
    path("conditions/<uuid:public_id>/withdraw/", views.withdraw, name="withdraw"),
    path("<slug:code>/", region_page.region, name="region"),
    path("<slug:code>/ahead/", region_ahead.ahead, name="ahead"),
    path("<slug:code>/condition/", views.declare, name="declare"),
    path("<slug:code>/conditions/", condition_views.conditions, name="conditions"),
    path("<slug:code>/staffing-risk/", risk_page.history, name="staffing_risk"),
]
