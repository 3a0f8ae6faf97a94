"""Every address of the product."""

from django.urls import include, path

from capacity.review import override_views
from config.styleguide import styleguide

urlpatterns = [
    path("", include("capacity.desk.urls")),
    path("account/", include("users.signin_urls")),
    path("journal/", include("users.journal_urls")),
    path("", include("users.urls")),
    path("api/v1/", include("config.api_urls")),
    path("", include("customers.assurance.urls")),
    path("", include("customers.retention.urls")),
    path("", include("customers.urls")),
    path("alarms/", include("capacity.alarms.urls")),
    path("liaison/", include("customers.liaison.urls")),
    path("policy/", include("capacity.allocation.urls")),
    path("", include("priorities.urls")),
    path("levers/", include("capacity.levers.urls")),
    path("campaigns/", include("capacity.campaigns.urls")),
    path("notices/", include("capacity.notices.urls")),
    path("deliveries/", include("capacity.deliveries.urls")),
    path("pools/", include("capacity.pools.urls")),
    path("pools/", include("capacity.usage.urls")),
    path("queue/", include("capacity.review.urls")),
    path("reports/", include("capacity.reports.urls")),
    path("requests/<uuid:public_id>/override/", override_views.propose, name="override_request"),
    path("organizations/<uuid:public_id>/override/", override_views.propose_for_use, name="override_use"),
    path("requests/", include("capacity.intake.urls")),
    path("requests/", include("capacity.review.request_urls")),
    path("response/", include("capacity.response.urls")),
    path("regions/", include("capacity.desk.region_urls")),
    path("staffing/", include("capacity.watch.staffing_urls")),
    path("trust/", include("capacity.trust.urls")),
    path("styleguide/", styleguide, name="styleguide"),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.not_found"
handler429 = "users.lockout.too_many"  # allauth's own: it asks for it by this name
handler500 = "config.errors.server_error"
