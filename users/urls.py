"""Addresses of people, of one's own account, and of saved views."""

from django.urls import path

from users.views import account, appearance, duty, invitations, people, saved_views

app_name = "users"

urlpatterns = [
    path("account/", account.account, name="account"),
    path("account/appearance/", appearance.choose, name="appearance"),
    path("account/tokens/", account.make_token, name="make_token"),
    path("account/tokens/<uuid:public_id>/revoke/", account.revoke, name="revoke_token"),
    path("account/views/", saved_views.save, name="save_view"),
    path("account/views/<uuid:view_id>/delete/", saved_views.delete, name="delete_view"),
    path("invitation/<str:token>/", invitations.accept, name="accept"),
    path("people/", people.people_list, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/invitations/<uuid:public_id>/withdraw/", people.withdraw, name="withdraw"),
    path("people/duty/", duty.duty, name="duty"),
    path("people/duty/<uuid:public_id>/drop/", duty.drop, name="drop_duty"),
    path("people/portfolios/", people.portfolio_list, name="portfolios"),
    path("people/<uuid:public_id>/", people.person, name="person"),
    path("people/<uuid:public_id>/roles/", people.assign, name="assign"),
    path("people/<uuid:public_id>/roles/<uuid:assignment_id>/end/", people.end_role, name="end_role"),
    path("people/<uuid:public_id>/leaving/", people.leaving, name="leaving"),
]
