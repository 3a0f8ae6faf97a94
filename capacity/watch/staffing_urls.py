"""Addresses of crews, under /staffing/: they are shown by their own slice and reported here, where supply follows."""

from django.urls import path

from capacity.staffing import board, day_page, repair_page
from capacity.staffing import views as staffing
from capacity.watch import importing, views
from capacity.watch import planning_views as planning

app_name = "staffing"
urlpatterns = [
    path("", board.board, name="board"),
    path("imports/", importing.imports, name="imports"),
    path("imports/new/", importing.start, name="import"),
    path("imports/<uuid:public_id>/", importing.run, name="import_run"),
    path("papers/", planning.papers, name="papers"),
    path("papers/new/", planning.new_papers, name="new_papers"),
    path("papers/<uuid:public_id>/withdraw/", planning.withdraw, name="withdraw_papers"),
    path("rosters/import/", planning.import_rosters, name="import_rosters"),
    path("<slug:code>/", staffing.datacenter, name="datacenter"),
    path("<slug:code>/repair/", repair_page.repair_ahead, name="repair"),
    path("<slug:code>/roster/", planning.roster, name="roster"),
    path("<slug:code>/report/", views.report, name="report"),
    path("<slug:code>/vouch/", views.vouch, name="vouch"),
    path("<slug:code>/<slug:day>/", day_page.day, name="day"),
]
