"""The trust center: everybody reads it, in both languages, and nothing in it tells a customer, a crew or a headroom."""

import ast
import json
from pathlib import Path

import pytest
from django.urls import reverse

from capacity.notices.actions.draft_notice import draft_notice
from capacity.notices.actions.publish_notice import publish_notice
from capacity.notices.actions.seed_contacts import seed_contacts
from capacity.trust import queries
from priorities.actions.seed_policy import seed_policy
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db

PAGES = ("overview", "policy", "notices", "contacts", "atom", "json")


@pytest.fixture
def published():
    seed_policy(at=make.NOW)
    seed_contacts(review_date=make.NOW.date())
    make.region("westeurope", condition="constrained")
    notice = draft_notice(
        actor=make.acting(Role.NOTICE_EDITOR),
        title_de="Kapazität in <Westeuropa> knapp",
        body_de="Bitte lesen Sie die Kriterien.",
        title_en="Capacity in <West Europe> short",
        body_en="Please read the criteria.",
        at=make.NOW,
    )
    return publish_notice(actor=make.acting(Role.DUTY_MANAGER), notice_id=notice.public_id, at=make.NOW)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_anybody_reads_it_without_a_cookie(published, visit, page, language):
    answer = visit(reverse(f"trust:{page}", args=[language]), queries=6)
    assert answer.status_code == 200
    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert answer.headers["Content-Language"] == language
    assert "max-age=60" in answer.headers["Cache-Control"]


def test_it_says_conditions_criteria_and_notices_and_what_people_wrote_stays_text(published, visit):
    overview = visit(reverse("trust:overview", args=["en"])).content.decode()
    assert "Constrained" in overview
    assert "&lt;West Europe&gt;" in overview
    assert "<West Europe>" not in overview
    policy = visit(reverse("trust:policy", args=["en"])).content.decode()
    for section in queries.policy_in_force(make.NOW).sections:
        assert section.code in policy
    feed = json.loads(visit(reverse("trust:json", args=["de"])).content)
    assert feed["items"][0]["title"] == "Kapazität in <Westeuropa> knapp"
    assert b"&lt;Westeuropa&gt;" in visit(reverse("trust:atom", args=["de"])).content


def test_german_comes_first_and_unknown_addresses_are_not_found(published, visit):
    assert visit(reverse("trust:home")).headers["Location"] == reverse("trust:overview", args=["de"])
    assert visit("/trust/fr/").status_code == 404
    assert visit(f"/trust/de/notices/{make.person().public_id}/").status_code == 404
    draft = draft_notice(actor=make.acting(Role.NOTICE_EDITOR), title_de="Entwurf", body_de="Noch nicht.", at=make.NOW)
    assert visit(reverse("trust:notice", args=["de", draft.public_id])).status_code == 404
    assert visit(reverse("trust:notice", args=["de", published.public_id])).status_code == 200


def test_before_there_is_anything_every_page_says_so(visit):
    for page in PAGES:
        assert visit(reverse(f"trust:{page}", args=["en"])).status_code == 200


def test_its_code_cannot_even_reach_what_is_never_published():
    """Product rule 13, held by imports: no pools, crews, requests, alarms, reports or customers."""
    forbidden = {"pools", "staffing", "requests", "review", "intake", "alarms", "watch", "levers", "figures", "reports"}
    for file in Path(queries.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                parts = node.module.split(".")
                assert parts[0] != "customers", f"{file.name} imports {node.module}"
                assert not (parts[0] == "capacity" and parts[1:2] and parts[1] in forbidden), (
                    f"{file.name}: {node.module}"
                )
