"""Intake, letters and the public obey levers and say until when; tiers 1 and 2 never meet one."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format

from capacity.intake.circumstances import look_at
from capacity.intake.diagnosis import Restriction
from capacity.levers.steps import PlannedStep
from capacity.regions.models import Region
from capacity.review.actions.approve_request import approve_request
from capacity.review.actions.decline_request import decline_request
from capacity.review.granting import CannotGrant
from capacity.review.letter import letter
from kit.clock import now
from tests import make
from tests.make import NOW
from users.roles import Role

pytestmark = pytest.mark.django_db

LIMITED = PlannedStep("Up to 8 units", "limited", 8, 10)


def approve(request):
    return approve_request(
        actor=make.acting(Role.CAPACITY_REVIEWER), request_id=request.public_id, region_code="westeurope", at=NOW
    )


def restrictions(at=NOW):
    (place,) = look_at(Region.objects.filter(code="westeurope"), at=at).places
    return place.restrictions


def test_tiers_1_and_2_never_meet_a_lever_whatever_their_offer():
    make.pool(powered_on=10_000)
    make.pulled_lever(offer_types=["free"])
    hospital = make.hospital(offer_type="free")
    make.verified_claim(of=hospital)
    approve(make.request(hospital, workload="health_records", confirmed=True, quantity=20))
    plant = make.organization("Wasserwerk Musterstadt", offer_type="free", domains=["wasser.example"])
    make.verified_claim("CI-WATER", of=plant)
    served = make.request(plant, workload="public_administration", confirmed=True, quantity=20)
    served.refresh_from_db()
    everybody = make.request(make.organization(offer_type="free"), confirmed=True, quantity=20)
    assert served.claimed_tier == 2
    approve(served)
    with pytest.raises(CannotGrant) as refusal:
        approve(everybody)
    assert refusal.value.code == "cannot_grant_offer"
    assert "paused in Westeurope" in refusal.value.sentence


def test_the_customer_reads_until_when_in_both_languages():
    make.pool(powered_on=10_000)
    make.pulled_lever(offer_types=["free"], ends_date=NOW.date() + timedelta(days=9))
    request = make.request(make.organization(offer_type="free"), confirmed=True, quantity=20)
    decision = decline_request(
        actor=make.acting(Role.CAPACITY_REVIEWER), request_id=request.public_id, reason="No", at=NOW
    )
    assert decision.block == "offer"
    texts = {language: " ".join(letter(decision, request, language).paragraphs) for language in ("de", "en")}
    assert "planned to end on April 4, 2020" in texts["en"] or "planned to end on 4 April 2020" in texts["en"]
    assert "4. April 2020" in texts["de"]
    assert "Stufen 1 und 2" in texts["de"]


def test_a_limit_says_its_number_and_the_day_of_the_next_look():
    make.pool(powered_on=10_000)
    make.pulled_lever(offer_types=["free"], step=LIMITED)
    request = make.request(make.organization(offer_type="free"), confirmed=True, quantity=20)
    with pytest.raises(CannotGrant) as refusal:
        approve(request)
    said = refusal.value.sentence
    assert "at most 8\N{NO-BREAK SPACE}vCPU" in said
    assert "looked at again on" in said
    assert "Tiers 1 and 2 and what is paid for are spared." in said
    (one,) = restrictions()
    assert (one.limit, one.until, one.is_end) == (8, str(NOW.date() + timedelta(days=7)), False)


def test_a_lever_restricts_from_its_start_and_a_feature_restricts_nobody():
    make.pool(powered_on=10_000)
    make.pulled_lever(starts_date=NOW.date() + timedelta(days=2), ends_date=NOW.date() + timedelta(days=5))
    make.pulled_lever(kind="feature_profile", offer_types=[], feature="video_720p", step=LIMITED)
    assert restrictions() == ()
    (one,) = restrictions(NOW + timedelta(days=2))
    assert isinstance(one, Restriction)
    assert (one.until, one.is_end) == (str(NOW.date() + timedelta(days=5)), True)
    # A planned end that has passed is no promise: people lift, and the next look is what is told.
    (late,) = restrictions(NOW + timedelta(days=6))
    assert (late.until, late.is_end) == (str(NOW.date() + timedelta(days=7)), False)


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_public_reads_words_and_days_and_no_figure(visit, language):
    at = now()
    make.pool(powered_on=7_777)
    step = PlannedStep("Secret 4242", "limited", 4242, 99, {"vcpu": 3131})
    lever = make.pulled_lever(
        step=step, reach="Reach 5151", lift_condition="Condition 6161", lift_permille=717, at=at,
        ends_date=at.date() + timedelta(days=40),
    )  # fmt: skip
    make.released(lever, 818, at=at)
    make.pulled_lever(kind="feature_profile", offer_types=[], feature="video_720p", step=LIMITED, at=at)
    campaign = make.live_campaign(cap=2929, at=at)
    overview = reverse("trust:overview", args=[language])
    overview = reverse("trust:overview", args=[language])
    # Without the random ids of addresses, which hold any three digits now and then.
    page = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", visit(overview, queries=8).content.decode())
    with translation.override(language):
        words = {
            "de": ("Kostenlose Angebote sind begrenzt", "Video höchstens in 720p", campaign.name_de, "Listenpreis"),
            "en": ("Free offers are limited", "Video at 720p at most", campaign.name_en, "list price"),
        }[language]
        last_day = date_format(campaign.ends_date - timedelta(days=1))
    for text in (*words, last_day):
        assert text in page
    for secret in ("4242", "3131", "5151", "6161", "717", "818", "7777", "2929", "7 777"):
        assert secret not in page
