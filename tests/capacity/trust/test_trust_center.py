"""The trust center: everybody reads it, in both languages, and nothing in it tells a customer, a crew or a headroom."""

import ast
import html
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import translation

from capacity.notices.actions.draft_notice import draft_notice
from capacity.notices.actions.publish_notice import publish_notice
from capacity.notices.actions.seed_contacts import seed_contacts
from capacity.trust import queries
from kit.clock import now
from priorities.actions.activate_policy import activate_policy
from priorities.actions.draft_policy import change_policy_draft, draft_policy
from priorities.actions.propose_policy import propose_policy
from priorities.actions.seed_policy import seed_policy
from priorities.drafts import Approval
from priorities.policies import active_version, policy_of
from priorities.wording import policy_text
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db

# Modules of other slices that hand out values made for the public.
HANDED_OUT = {"capacity.levers.public", "capacity.campaigns.public"}
PAGES = ("overview", "conditions", "policy", "notices", "contacts", "atom", "json")


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
    forbidden = {
        "pools",
        "staffing",
        "requests",
        "review",
        "intake",
        "alarms",
        "watch",
        "levers",
        "campaigns",
        "figures",
        "reports",
    }
    for file in Path(queries.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                parts = node.module.split(".")
                assert parts[0] != "customers", f"{file.name} imports {node.module}"
                if node.module in HANDED_OUT:
                    continue
                assert not (parts[0] == "capacity" and parts[1:2] and parts[1] in forbidden), (
                    f"{file.name}: {node.module}"
                )


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_version_that_was_in_force_and_what_changed_is_public_and_drafts_are_not(visit, language):
    seed_policy(at=make.NOW)
    reviewer, manager = make.acting(Role.CAPACITY_REVIEWER), make.acting(Role.DUTY_MANAGER, fresh_at=make.NOW)
    for _version in range(2):
        draft = draft_policy(actor=reviewer, based_on=1, title="More for hospitals", at=make.NOW)
        draft = change_policy_draft(
            actor=reviewer, number=draft.number, row_version=1, value=replace(policy_of(draft), reserve_permille=150),
            title=draft.title, approval=Approval(777, 888), at=make.NOW,
        )  # fmt: skip
    proposed = propose_policy(actor=reviewer, number=2, row_version=2, reason="Why", at=make.NOW)
    pages = [reverse("trust:policy_version", args=[language, 2]), reverse("trust:policy_change", args=[language, 1, 2])]
    for url in pages:
        assert visit(url).status_code == 404
    activate_policy(
        actor=manager, number=2, row_version=proposed.row_version, replaces=1, reason="Yes",
        active_from=make.NOW + timedelta(days=2), at=make.NOW,
    )  # fmt: skip
    for url in pages:
        answer = visit(url, queries=6)
        assert answer.status_code == 200
        assert not answer.cookies
        shown = answer.content.decode()
        assert "15" in shown
        # The bounds of automatic approval differ too, and stay unsaid.
        assert "77" not in shown.partition("<main")[2].partition("</main>")[0]
    history = visit(reverse("trust:policy", args=[language]), queries=7).content.decode()
    assert pages[0] in history
    assert pages[1] in history
    assert reverse("trust:policy_version", args=[language, 3]) not in history
    assert visit(reverse("trust:policy_version", args=[language, 3])).status_code == 404


def test_the_public_reads_exactly_what_staff_read_less_the_bounds(visit):
    seed_policy(at=make.NOW)
    reader = make.person(Role.NOTICE_EDITOR)
    for language, other in (("en", reader), ("de", make.person(Role.AUDITOR, language="de"))):
        public = sentences_in(
            visit(reverse("trust:policy", args=[language])).content.decode().partition('id="history"')[0]
        )
        staff = sentences_in(visit(reverse("priorities:policy"), as_=other).content.decode())
        with translation.override(language):
            said = [text for section in policy_text(policy_of(active_version(now()))) for text in section.sentences]
        assert [text for text in public if text in set(said)] == said
        assert [text for text in staff if text in set(said)] == said


def sentences_in(page: str) -> list[str]:
    return [html.unescape(text) for text in re.findall(r"<li>([^<]*)</li>", page)]
