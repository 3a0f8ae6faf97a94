"""A free offer for existing customers: two people and a notice, and a cap that nothing granted under it exceeds."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from capacity.campaigns.access import OwnCampaign, campaigns_to_publish, visible_caps
from capacity.campaigns.actions.close_campaign import SayWhyClosed, close_campaign
from capacity.campaigns.actions.plan_campaign import CannotPlanCampaign, PlannedCap
from capacity.campaigns.actions.publish_campaign import CampaignIsOver, NotAnnounced, publish_campaign
from capacity.campaigns.queries import with_use
from capacity.desk.invariants import check_invariants
from capacity.intake.diagnosis import Ask, CampaignRoom, Fit, Line, Place, Supply, as_dict, ask_from, assess
from capacity.intake.wording import Names, Reader, finding_text
from capacity.levers.campaign_models import CampaignCap, OfferCampaign
from capacity.notices.models import Notice
from capacity.pools.arithmetic import Buckets, Committed
from capacity.requests.actions.release_grant import release_grant
from capacity.requests.actions.submit_request import AskedLine, CannotFile
from capacity.requests.models import CapacityRequest, Grant
from capacity.review.actions.approve_request import approve_request
from capacity.review.actions.confirm_grant import confirm_grant
from capacity.review.actions.grant_in_part import grant_in_part
from capacity.review.granting import CannotGrant
from kit.clock import now
from kit.refusal import NotAllowed
from kit.transitions import MoveRefused
from tests import make
from tests.capacity.desk.test_today import titles
from tests.make import NOW
from tests.sql import refused, run
from users.access import NeedsFreshSignIn
from users.roles import Role

pytestmark = pytest.mark.django_db


def holds():
    names = ("campaigns_keep_to_their_caps", "lives_follow_their_tables", "diagnoses_come_out_the_same")
    assert [fault for found in check_invariants(*names) for fault in found.faults] == []


def asking(campaign, quantity, **fields):
    return make.request(quantity=quantity, confirmed=True, campaign_id=campaign.public_id, **fields)


def approve(request, **fields):
    reviewer = make.acting(Role.CAPACITY_REVIEWER)
    return approve_request(actor=reviewer, request_id=request.public_id, region_code="westeurope", at=NOW, **fields)


def used():
    return CampaignCap.objects.get().used


# --- its life ----------------------------------------------------------------------------------------


def test_it_takes_two_people_and_a_published_notice_in_raw_sql_too():
    both = make.acting(Role.REGION_OPERATOR, Role.DUTY_MANAGER, fresh_at=NOW)
    campaign = make.campaign(by=both)
    waiting = "Offer campaigns to put live"
    assert titles(make.acting(Role.DUTY_MANAGER))[waiting] == [campaign.name_en]
    assert titles(both)[waiting] == []
    with pytest.raises(OwnCampaign):
        publish_campaign(actor=both, campaign_id=campaign.public_id, notice_id=None, at=NOW)
    with pytest.raises(NeedsFreshSignIn):
        publish_campaign(actor=make.acting(Role.DUTY_MANAGER), campaign_id=campaign.public_id, notice_id=None, at=NOW)
    other = make.acting(Role.DUTY_MANAGER, fresh_at=NOW)
    with pytest.raises(NotAnnounced):
        publish_campaign(actor=other, campaign_id=campaign.public_id, notice_id=campaign.public_id, at=NOW)
    going = (
        "UPDATE capacity_offercampaign SET state = 'live', live_at = planned_at, confirmed_by_id = %s, notice_key = %s"
    )
    unannounced = campaign.public_id
    assert "a campaign goes live on a published notice" in refused(going, other.user_id, unannounced)
    notice = make.live_campaign().notice_key
    planned = f"{going} WHERE id = {campaign.pk}"
    assert "nobody_confirms_own_campaign" in refused(planned, both.user_id, notice)
    assert "live_campaign_has_two_people_and_a_notice" in refused(planned, None, notice)
    late = planned.replace("planned_at", "ends_date::timestamp AT TIME ZONE 'UTC'")
    assert "the days of the campaign are over" in refused(late, other.user_id, notice)
    live = publish_campaign(actor=other, campaign_id=campaign.public_id, notice_id=notice, at=NOW)
    assert live.state == "live"
    with pytest.raises(MoveRefused):
        publish_campaign(actor=other, campaign_id=campaign.public_id, notice_id=notice, at=NOW)
    another = "UPDATE capacity_offercampaign SET notice_key = %s WHERE state = 'live'"
    assert "a campaign goes live on a published notice" in refused(another, unannounced)
    assert "campaign_facts_stay" in refused("UPDATE capacity_offercampaign SET ends_date = ends_date + 1")
    assert "permission denied" in refused("UPDATE capacity_campaigncap SET cap = cap + 1")
    copy = "INSERT INTO capacity_campaigncap (campaign_id, pool_id, cap, used) SELECT %s, pool.id, 5, %s"
    gpu = " FROM capacity_pool pool JOIN capacity_resource r ON r.id = pool.resource_id WHERE r.code = 'gpu' LIMIT 1"
    assert "a cap is planned with its campaign" in refused(copy + gpu, campaign.pk, 0)
    run(copy + gpu, make.campaign().pk, 5)
    assert not CampaignCap.objects.filter(used__gt=0).exists()
    with pytest.raises(SayWhyClosed):
        close_campaign(actor=other, campaign_id=campaign.public_id, reason=" ", at=NOW)
    with pytest.raises(NotAllowed):
        close_campaign(actor=make.acting(Role.CAPACITY_REVIEWER), campaign_id=campaign.public_id, reason="x", at=NOW)
    assert close_campaign(actor=other, campaign_id=campaign.public_id, reason="Over", at=NOW).state == "closed"
    holds()


def test_a_campaign_whose_days_are_over_goes_live_no_more():
    campaign, duty_manager = make.campaign(), make.acting(Role.DUTY_MANAGER)
    last = NOW + timedelta(days=29)
    assert list(campaigns_to_publish(duty_manager, last.date())) == [campaign]
    over = last + timedelta(days=1)
    assert list(campaigns_to_publish(duty_manager, over.date())) == []
    signer = make.acting(Role.DUTY_MANAGER, fresh_at=over)
    with pytest.raises(CampaignIsOver):
        publish_campaign(actor=signer, campaign_id=campaign.public_id, notice_id=None, at=over)


def test_caps_are_seen_by_who_sees_the_pools_of_the_region(visit):
    make.region("eastus")
    campaign = make.live_campaign(cap=7777)
    page = reverse("campaigns:campaign", args=[campaign.public_id])
    for region, sees in (("westeurope", True), ("eastus", False)):
        person = make.person(Role.REGION_OPERATOR, regions=[region], language="de")
        shown = visit(page, as_=person).content.decode()
        assert bool(re.search("7.?777", shown)) == sees
        assert reverse("trust:notice", args=["de", campaign.notice_key]) in shown
        (row,) = with_use(OfferCampaign.objects.all(), visible_caps(make.actor(person)))
        assert row.fullest == (0 if sees else None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name_de": " "}, "name_de"),
        ({"terms_en": ""}, "terms_en"),
        ({"ends_date": NOW.date()}, "ends_date"),
        ({"audience_categories": ["XX-NONE"]}, "audience_categories"),
        ({"audience_offers": ["gold"]}, "audience_offers"),
        ({"caps": []}, "caps"),
        ({"caps": [PlannedCap("westeurope", "cobalt", 3)]}, "caps"),
        ({"caps": [PlannedCap("westeurope", "vcpu", 0)]}, "caps"),
        ({"caps": [PlannedCap("westeurope", "vcpu", 3)] * 2}, "caps"),
    ],
)
def test_a_plan_is_whole(change, field):
    with pytest.raises(CannotPlanCampaign) as refusal:
        make.campaign(**change)
    assert list(refusal.value.fields) == [field]
    assert not OfferCampaign.objects.exists()


# --- the check ---------------------------------------------------------------------------------------

PLACE = Place("westeurope", "Europe", (Supply("vcpu", Buckets(800, 100, 100), Committed(0, 0, 0)),), wish=1)


@pytest.mark.parametrize(
    ("quantity", "minimum", "room", "fit", "granted", "code"),
    [
        (10, 10, 10, Fit.FULL, (10,), ""),
        (11, 5, 10, Fit.PART, (10,), "campaign_cap"),
        (11, 11, 10, Fit.NONE, (), "campaign_cap"),
    ],
)
def test_the_cap_bounds_what_can_be_granted_and_customers_read_no_figure(quantity, minimum, room, fit, granted, code):
    asked = Ask(
        (Line("vcpu", quantity, minimum),), tier=3, campaign=CampaignRoom(True, (("westeurope", "vcpu", room),))
    )
    found = assess(asked, PLACE)
    assert (found.fit, found.quantities) == (fit, granted)
    assert [one.reason.code for one in found.findings] == ([code] if code else [])
    for one in found.findings:
        assert f"{room}\N{NO-BREAK SPACE}vcpu" in finding_text(one.reason, Names({}), Reader.STAFF)
        assert str(room) not in finding_text(one.reason, Names({}), Reader.CUSTOMER)
    assert ask_from(as_dict(asked)) == asked


def test_a_campaign_that_is_not_live_grants_nothing():
    over = Ask((Line("vcpu", 5, 1),), tier=1, campaign=CampaignRoom(False, (("westeurope", "vcpu", 9),)))
    assert [one.reason.code for one in assess(over, PLACE).findings] == ["campaign_over"]


# --- requests under it -------------------------------------------------------------------------------


def test_what_is_granted_counts_against_the_cap_and_what_is_given_back_does_not():
    make.pool(powered_on=10_000)
    campaign = make.live_campaign(cap=100)
    first = asking(campaign, 60)
    approve(first)
    assert used() == 60
    second = asking(campaign, 50, minimum=10)
    with pytest.raises(CannotGrant) as refusal:
        approve(second)
    assert refusal.value.code == "cannot_grant_quota"
    reviewer = make.acting(Role.CAPACITY_REVIEWER)
    part = grant_in_part(
        actor=reviewer, request_id=second.public_id, region_code="westeurope", quantities={"vcpu": 40},
        reason="The rest of the cap.", at=NOW,
    )  # fmt: skip
    assert (part.block, used()) == ("quota", 100)
    release_grant(actor=make.acting(Role.REGION_OPERATOR), request_id=first.public_id, reason="Not needed.", at=NOW)
    assert used() == 40
    approve(asking(campaign, 60))
    assert used() == 100
    holds()


def test_a_grant_that_waits_for_its_second_signature_counts_and_is_signed_after_the_end_too():
    make.pool(powered_on=1_000)
    campaign = make.live_campaign(cap=100)
    request = asking(campaign, 90)
    assert approve(request).stage == "first_signature"
    assert used() == 90
    late = asking(campaign, 5)
    duty_manager = make.acting(Role.DUTY_MANAGER, fresh_at=NOW)
    close_campaign(actor=duty_manager, campaign_id=campaign.public_id, reason="Enough", at=NOW)
    confirm_grant(actor=duty_manager, request_id=request.public_id, at=NOW)
    assert used() == 90
    with pytest.raises(CannotGrant, match="not live any more"):
        approve(late)
    holds()


def test_raw_sql_gets_no_more_than_the_cap():
    make.pool(powered_on=10_000)
    request = asking(make.live_campaign(cap=10), 10)
    approve(request)
    grant = Grant.objects.get()
    entry = (
        "INSERT INTO capacity_ledgerentry (public_id, pool_id, kind, level, quantity, subject, at)"
        " VALUES (gen_random_uuid(), %s, 'grant', 'general', 1, 'more', now()) RETURNING id"
    )
    more = (
        f"WITH posted AS ({entry}) INSERT INTO capacity_grant (public_id, request_id, decision_id, line_id, pool_id,"
        " level, quantity, entry_id, at) SELECT gen_random_uuid(), %s, %s, %s, %s, 'general', 1, posted.id, %s"
        " FROM posted"
    )
    values = [grant.pool_id, grant.request_id, grant.decision_id, grant.line_id, grant.pool_id, NOW]
    assert "the campaign has no room" in refused(more, *values)
    for day in (NOW - timedelta(days=1), NOW + timedelta(days=30)):
        assert "the campaign is not live" in refused(more, *values[:-1], day)
    assert "permission denied" in refused("UPDATE capacity_campaigncap SET used = 0")
    other = "UPDATE capacity_capacityrequest SET campaign_id = NULL WHERE id = %s"
    assert "filed_request_stays" in refused(other, request.pk) or "capacityrequest" in refused(other, request.pk)


def test_it_is_for_existing_customers_of_its_audience_and_for_what_it_offers():
    make.pool(powered_on=10_000)
    make.pool("eastus", powered_on=10)
    make.category()
    campaign = make.live_campaign(audience_categories=["HE-ACUTE"], audience_offers=["student"])
    assert asking(campaign, 5, organization=make.verified_claim().organization).campaign_id == campaign.pk
    assert asking(campaign, 5, organization=make.organization(offer_type="student")).campaign_id == campaign.pk
    for wrong in (
        {"organization": make.organization()},
        {"organization": make.organization(offer_type="student", customer_since=None)},
        {"organization": make.organization(offer_type="student"), "regions": ["eastus"]},
        {"organization": make.organization(offer_type="student"), "lines": [AskedLine("gpu", 1)]},
        {"organization": make.organization(offer_type="student"), "at": NOW + timedelta(days=31)},
    ):
        with pytest.raises(CannotFile) as refusal:
            asking(campaign, 5, **wrong)
        assert list(refusal.value.fields) == ["campaign"]
    with pytest.raises(CannotFile):
        asking(make.campaign(), 5)


def test_a_draft_whose_campaign_closed_goes_on_without_it(visit):
    campaign = make.live_campaign(at=now())
    draft = make.request(campaign_id=campaign.public_id, complete=False, at=now(), needed_by_date=now().date())
    manager, page = draft.organization.registered_by, reverse("intake:draft", args=[draft.public_id])
    assert f'value="{campaign.public_id}"' in visit(page, as_=manager).content.decode()
    signer = make.acting(Role.DUTY_MANAGER)
    close_campaign(actor=signer, campaign_id=campaign.public_id, reason="Enough", at=now())
    filled = {
        "resource": "vcpu", "quantity": "10", "region": "westeurope", "needed_by_date": now().date().isoformat(),
        "workload": "general", "row_version": str(draft.row_version),
    }  # fmt: skip
    stuck = visit(page, as_=manager, method="post", data={**filled, "campaign": str(campaign.public_id)})
    assert (stuck.status_code, "Open the draft anew" in stuck.content.decode()) == (400, True)
    shown = visit(page, as_=manager, queries=15).content.decode()
    assert "the request goes on without it" in shown
    assert str(campaign.public_id) not in shown
    assert visit(page, as_=manager, method="post", data=filled).status_code == 302
    draft.refresh_from_db()
    assert (draft.state, draft.campaign) == ("queued", None)


def test_pages(visit):
    make.pool(powered_on=10_000)
    operator, signer = make.person(Role.REGION_OPERATOR), make.person(Role.DUTY_MANAGER)
    filled = {
        "name_de": "Angebot", "name_en": "Video for free", "terms_de": "Listenpreis", "terms_en": "List price",
        "starts_date": "2026-01-01", "ends_date": "2032-01-01", "cap_region_1": "westeurope",
        "cap_resource_1": "vcpu", "cap_1": "400",
    }  # fmt: skip
    plan = reverse("campaigns:plan")
    wrong = {**filled, "cap_2": "7"}
    assert visit(plan, as_=operator).status_code == 200
    assert visit(plan, as_=operator, method="post", data=wrong).status_code == 400
    future = {**filled, "starts_date": "2031-01-01"}
    made = visit(plan, as_=operator, method="post", data=future)
    assert made.status_code == 302, made.content.decode()
    planned = OfferCampaign.objects.get()
    live = make.live_campaign(at=make.NOW, ends_date=make.NOW.date() + timedelta(days=9_000))
    notice = Notice.objects.get()
    publish = reverse("campaigns:publish", args=[planned.public_id])
    assert visit(publish, as_=signer, method="post", data={"notice": "x"}).status_code == 400
    assert visit(publish, as_=operator, method="post", data={"notice": str(notice.public_id)}).status_code == 403
    assert visit(publish, as_=signer, method="post", data={"notice": str(notice.public_id)}).status_code == 302
    page = reverse("campaigns:campaign", args=[live.public_id])
    manager = make.account_manager()
    of = make.organization(manager=manager)
    request = make.request(of, quantity=30, confirmed=True, campaign_id=live.public_id)
    approve(request)
    shown = visit(page, as_=signer, queries=12).content.decode()
    assert "Use against its caps" in shown
    assert "30%" in shown.replace("\N{NARROW NO-BREAK SPACE}", "").replace("\N{NO-BREAK SPACE}", "")
    assert "Use against its caps" not in visit(page, as_=manager, queries=12).content.decode()
    listed = visit(f"{reverse('campaigns:campaigns')}?state=live&sort=-ends", as_=signer, queries=9).content.decode()
    assert "Free video consultations" in listed
    assert "Fullest cap" not in visit(reverse("campaigns:campaigns"), as_=manager).content.decode()
    for address in (f"/requests/{request.public_id}/", f"/requests/{request.public_id}/standing/"):
        assert visit(address, as_=manager, queries=12).status_code == 200
    waiting = make.request(of, quantity=90, confirmed=True, campaign_id=live.public_id)
    reviewer = make.person(Role.CAPACITY_REVIEWER)
    case = visit(f"/queue/{waiting.public_id}/", as_=reviewer, queries=14).getvalue().decode()
    assert "The offer campaign has room for 70" in case
    close = reverse("campaigns:close", args=[live.public_id])
    assert visit(close, as_=operator, method="post", data={"reason": ""}).status_code == 400
    assert visit(close, as_=operator, method="post", data={"reason": "Enough"}).status_code == 302


def test_an_account_manager_files_under_it_from_its_page(visit):
    make.pool(powered_on=10_000)
    live = make.live_campaign(ends_date=make.NOW.date() + timedelta(days=9_000))
    manager = make.account_manager()
    of = make.organization(manager=manager)
    make.request(of)
    chosen = visit(f"/requests/new/?campaign={live.public_id}", as_=manager).content.decode()
    assert f"campaign={live.public_id}" in chosen
    address = f"/requests/new/?organization={of.public_id}&campaign={live.public_id}"
    assert str(live.public_id) in visit(address, as_=manager).content.decode()
    sent = {
        "resource": "vcpu", "quantity": "5", "region": "westeurope",
        "needed_by_date": str(now().date() + timedelta(days=30)), "workload": "general",
        "campaign": str(live.public_id),
    }  # fmt: skip
    asked = "&".join(f"{name}={value}" for name, value in sent.items())
    checked = visit(f"/requests/check/?organization={of.public_id}&{asked}", as_=manager, htmx="standing", queries=14)
    assert checked.status_code == 200
    wrong = visit(address, as_=manager, method="post", data={**sent, "resource": "gpu"})
    assert wrong.status_code == 400
    assert "offers no gpu" in wrong.content.decode()
    assert visit(address, as_=manager, method="post", data=sent).status_code == 302
    assert CapacityRequest.objects.filter(campaign=live).count() == 1
