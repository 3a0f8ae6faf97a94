"""Addresses of crews, under /staffing/: they are shown by their own slice and reported here, where supply follows."""

from django.urls import path

from capacity.staffing import views as staffing
from capacity.watch import planning_views as planning
from capacity.watch import views

app_name = "staffing"
urlpatterns = [
    path("", staffing.board, name="board"),
    path("papers/", planning.papers, name="papers"),
    path("papers/new/", planning.new_papers, name="new_papers"),
    path("papers/<uuid:public_id>/withdraw/", planning.withdraw, name="withdraw_papers"),
    path("rosters/import/", planning.import_rosters, name="import_rosters"),
    path("<slug:code>/", staffing.datacenter, name="datacenter"),
    path("<slug:code>/roster/", planning.roster, name="roster"),
    path("<slug:code>/report/", views.report, name="report"),
    path("<slug:code>/vouch/", views.vouch, name="vouch"),
]
