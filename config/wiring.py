"""Connects apps that must not know each other: what one has is handed to the other."""

from typing import Any


def connect() -> None:
    """Called once when every app is loaded."""
    from capacity.desk import signatures as capacity_signatures
    from capacity.figures.override_pictures import override_pictures
    from capacity.figures.tier1 import holders_beyond_mark
    from capacity.regions.models import Region
    from capacity.requests.actions.follow_merge import follow_merge
    from capacity.requests.actions.rerank_requests import rerank_covered
    from capacity.requests.lapsing import lapse_preview
    from capacity.review.actions.end_leases import end_leases
    from capacity.review.overtaking import overtaken_by
    from capacity.review.panels import request_panel
    from capacity.watch.importing import SHIFT_REPORTS
    from config.journal_words import ACTIONS, SUBJECTS
    from customers.actions.free_cases import free_cases
    from customers.assurance.actions.draw_audits import provide_beyond_mark
    from customers.assurance.lapsing import provide_lapse_preview
    from customers.evidence import provide_services
    from customers.importing.kinds import provide_kind
    from customers.liaison.panels import liaison_panel
    from customers.merging import provide_follower
    from customers.panels import provide_organization_panel
    from journal.wording import provide_words
    from priorities import signatures as policy_signatures
    from priorities.merging import refuse_with_override
    from priorities.models import WorkloadClass
    from priorities.overrides import provide_following
    from priorities.panels import provide_override_pages
    from users.actions.user_leaves import provide_hand_over
    from users.reach import provide_regions
    from users.second_signatures import provide_waiting

    def workload_classes() -> list[tuple[str, Any]]:
        return [(workload.code, workload.name) for workload in WorkloadClass.objects.all()]

    provide_services(workload_classes)
    provide_beyond_mark(holders_beyond_mark)
    provide_kind(SHIFT_REPORTS)
    provide_lapse_preview(lapse_preview)
    provide_organization_panel(request_panel)
    provide_organization_panel(liaison_panel)
    provide_follower(refuse_with_override)
    provide_follower(follow_merge)
    provide_words(ACTIONS, SUBJECTS)
    provide_regions(lambda: list(Region.objects.order_by("name").values_list("code", "name")))
    provide_hand_over(end_leases)
    provide_hand_over(free_cases)
    provide_waiting(policy_signatures.unsigned)
    provide_waiting(capacity_signatures.unsigned)
    provide_following(rerank_covered)
    provide_override_pages(effects=overtaken_by, pictures=override_pictures)
