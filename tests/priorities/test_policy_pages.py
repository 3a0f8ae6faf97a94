"""The pages of the policy: in force, versions, differences, the editor, and the acts on a version."""

from datetime import timedelta

import pytest
from django.urls import reverse

from journal.models import Entry
from kit.clock import now
from priorities.actions.draft_policy import draft_policy
from priorities.actions.seed_policy import seed_policy
from priorities.models import PolicyState, PolicyVersion
from priorities.policies import active_version, policy_of
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture(name="reviewer")
def _reviewer():
    seed_policy(at=make.NOW)
    make.category("HE-ACUTE")
    return make.person(Role.CAPACITY_REVIEWER)


@pytest.fixture(name="draft")
def _draft(reviewer):
    return draft_policy(actor=make.actor(reviewer), based_on=1, title="More for research", at=now())


def page(name, *args):
    return reverse(f"priorities:{name}", args=args)


def form_of(answer, name="form"):
    """What a browser would send back from the form on the page."""
    sent = {}
    for field in answer.context[name]:
        value = field.value()
        if value not in (None, False, ""):
            sent[field.html_name] = "on" if value is True else value
    return sent


def test_everybody_on_the_staff_reads_a_version_and_whether_it_is_in_force(reviewer, draft, visit):
    reader = make.person(Role.NOTICE_EDITOR)
    shown = visit(page("policy"), as_=reader).content.decode()
    assert "Policy version 1" in shown
    assert "In force" in shown
    assert "up to 0.1% of a pool" in shown
    shown = visit(page("version", 2), as_=reader).content.decode()
    assert "More for research" in shown
    assert page("terms", 2) not in shown  # who does not draft is not offered to
    assert visit(page("version", 77), as_=reader).status_code == 404
    assert visit(page("policy_version", draft.public_id), as_=reader).url == page("version", 2)


def test_a_draft_is_made_from_a_version_and_twice_sent_made_once(reviewer, visit):
    sent = {"title": "Research first", "idempotency_key": "a-key-of-its-own"}
    for _time in range(2):
        answer = visit(page("draft_policy", 1), as_=reviewer, method="post", data=sent)
        assert answer.url == page("version", 2)
    assert PolicyVersion.objects.count() == 2
    answer = visit(page("draft_policy", 1), as_=reviewer, method="post", data={"title": " "})
    assert answer.status_code == 400
    assert visit(page("draft_policy", 1), as_=make.person(Role.AUDITOR), method="post", data=sent).status_code == 403


def test_terms_sent_back_as_they_are_change_nothing_and_a_changed_one_is_kept(reviewer, draft, visit):
    shown = visit(page("terms", 2), as_=reviewer)
    sent = form_of(shown)
    assert visit(page("terms", 2), as_=reviewer, method="post", data=sent).url == page("version", 2)
    assert not Entry.objects.filter(action="policy.changed").exists()
    sent |= {"reserve": "150", "floor_RW-CORE": "", "tier3_shared": "on", "tier2_max_wait": "", "auto_share": "2"}
    assert visit(page("terms", 2), as_=reviewer, method="post", data=sent).status_code == 302
    draft.refresh_from_db()
    value = policy_of(draft)
    assert (value.reserve_permille, value.floors, draft.auto_approval_permille) == (150, (), 2)
    assert (value.terms_of(3).shared, value.terms_of(2).max_wait_days) == (True, None)
    shown = visit(page("version", 2), as_=reviewer).content.decode()
    assert "15% of the capacity is reserved for tier 1." in shown
    assert "<del>" in shown


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weight_workload": "600"}, "add up to 1100"),
        ({"reserve": "1001"}, "At most 1,000"),
        ({"reserve": "10,5"}, "whole number"),
        ({"provisional_score": "1000", "verified_score": "500"}, "must not be worth more"),
        ({"title": ""}, "required"),
        ({"tier2_target": "0"}, "At least 1"),
    ],
)
def test_bad_terms_come_back_with_words_and_nothing_is_written(reviewer, draft, visit, change, words):
    sent = form_of(visit(page("terms", 2), as_=reviewer)) | change
    answer = visit(page("terms", 2), as_=reviewer, method="post", data=sent)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert PolicyVersion.objects.get(number=2).row_version == 1


def test_whoever_comes_second_is_told_what_changed_meanwhile(reviewer, draft, visit):
    mine = form_of(visit(page("terms", 2), as_=reviewer))
    other = make.person(Role.CAPACITY_REVIEWER)
    theirs = form_of(visit(page("terms", 2), as_=other)) | {"reserve": "200"}
    visit(page("terms", 2), as_=other, method="post", data=theirs)
    answer = visit(page("terms", 2), as_=reviewer, method="post", data=mine | {"mark": "700"})
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "What was changed meanwhile" in shown
    assert "10% of the capacity is reserved" in shown
    assert "20% of the capacity is reserved" in shown
    assert "70%" not in shown  # only what the other person changed
    assert policy_of(PolicyVersion.objects.get(number=2)).mark_permille == 600
    # Whoever would only propose, or remove a clause, is told the same.
    for name, more in (("propose_policy", {"reason": "Good as it was."}), ("remove_clause", {})):
        where = page(name, 2, "1.1") if name == "remove_clause" else page(name, 2)
        sent = {"row_version": mine["row_version"], **more}
        answer = visit(where, as_=reviewer, method="post", data=sent)
        assert (answer.status_code, "20% of the capacity is reserved" in answer.content.decode()) == (409, True), name
        assert "What was changed meanwhile" in answer.content.decode(), name
    version = PolicyVersion.objects.get(number=2)
    assert (version.state, len(policy_of(version).rules)) == ("draft", len(policy_of(draft).rules))
    # The form has taken over the current version: sent again, it is meant so.
    again = mine | {"mark": "700", "reserve": "200", "row_version": answer.context["form"]["row_version"].value()}
    assert visit(page("terms", 2), as_=reviewer, method="post", data=again).status_code == 302
    value = policy_of(PolicyVersion.objects.get(number=2))
    assert (value.mark_permille, value.reserve_permille) == (700, 200)


def test_every_clause_sent_back_as_it_is_changes_nothing(reviewer, draft, visit):
    for rule in policy_of(draft).rules:
        sent = form_of(visit(page("clause", 2, rule.clause), as_=reviewer))
        assert visit(page("clause", 2, rule.clause), as_=reviewer, method="post", data=sent).status_code == 302
    assert not Entry.objects.filter(action="policy.changed").exists()


def test_the_editor_speaks_the_language_of_who_edits(reviewer, draft, visit):
    german = make.person(Role.CAPACITY_REVIEWER, language="de")
    shown = visit(page("clause", 2, "5.1"), as_=german).content.decode()
    for word in ("Branchenkategorien", "Krankenhäuser", "Kostenlos", "Patientenakten", "Entwurf speichern"):
        assert word in shown
    shown = visit(page("version", 2), as_=german).content.decode()
    # Each clause stands once: in the table that leads to its form.
    assert shown.count("Klausel 5.1, Stufe 5") == 1


def test_a_clause_is_added_moved_and_removed_and_what_is_wrong_is_said_beside_the_draft(reviewer, draft, visit):
    sent = {
        "row_version": 1,
        "clause": "2.9",
        "tier": "2",
        "before": "3.1",
        "categories": ["HE-ACUTE"],
        "workloads": ["alerting"],
    }
    assert visit(page("new_clause", 2), as_=reviewer, method="post", data=sent).status_code == 302
    clauses = [rule.clause for rule in policy_of(PolicyVersion.objects.get(number=2)).rules]
    assert clauses[clauses.index("2.9") + 1] == "3.1"
    shown = visit(page("version", 2), as_=reviewer).content.decode()
    assert "Clause 2.9 never decides: wherever it fits, a better one does too (1.2)." in shown
    sent |= {"row_version": 2, "before": "1.1", "clause": "2.8"}
    assert visit(page("clause", 2, "2.9"), as_=reviewer, method="post", data=sent).status_code == 302
    assert policy_of(PolicyVersion.objects.get(number=2)).rules[0].clause == "2.8"
    assert visit(page("clause", 2, "2.9"), as_=reviewer).status_code == 404
    stale = visit(page("remove_clause", 2, "2.8"), as_=reviewer, method="post", data={"row_version": 1})
    assert stale.status_code == 409
    gone = visit(page("remove_clause", 2, "2.8"), as_=reviewer, method="post", data={"row_version": 3})
    assert gone.status_code == 302
    assert "Nothing is wrong with it" in visit(page("version", 2), as_=reviewer).content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"clause": "1.1"}, "appears more than once"),
        ({"clause": "one"}, "Digits and points"),
        ({"categories": ["XX-NONE"]}, "XX-NONE"),
        ({"workloads": ["mining"]}, "mining"),
        ({"tier": "6"}, "6"),
    ],
)
def test_a_bad_clause_comes_back_with_words(reviewer, draft, visit, change, words):
    sent = {"row_version": 1, "clause": "3.9", "tier": "3", "categories": ["GV-OTHER"], "workloads": ["alerting"]}
    answer = visit(page("new_clause", 2), as_=reviewer, method="post", data=sent | change)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert len(policy_of(PolicyVersion.objects.get(number=2)).rules) == len(policy_of(draft).rules)


def test_from_a_draft_to_force_through_two_people(reviewer, draft, visit):
    sent = form_of(visit(page("terms", 2), as_=reviewer)) | {"reserve": "150"}
    visit(page("terms", 2), as_=reviewer, method="post", data=sent)
    why = {"row_version": 2, "reason": "Hospitals were short"}
    assert visit(page("propose_policy", 2), as_=reviewer, method="post", data=why | {"reason": ""}).status_code == 400
    assert visit(page("propose_policy", 2), as_=reviewer, method="post", data=why).status_code == 302
    assert visit(page("terms", 2), as_=reviewer).status_code == 409
    manager = make.person(Role.DUTY_MANAGER)
    assert page("version", 2) in visit("/today/", as_=manager).content.decode()
    assert visit(page("version", 2), as_=manager).context["acts"].activate["replaces"].value() == 1
    sign = {"row_version": 3, "replaces": 1, "reason": "Agreed"}
    # A stale sign-in step is asked for on the way.
    answer = visit(page("activate_policy", 2), as_=manager, method="post", data=sign, fresh=False)
    assert answer.status_code == 302
    assert "/account/confirm/" in answer.url
    assert active_version(now()).number == 1
    past = sign | {"active_from": "2020-01-01T00:00"}
    assert visit(page("activate_policy", 2), as_=manager, method="post", data=past).status_code == 400
    other = sign | {"replaces": 7}
    assert visit(page("activate_policy", 2), as_=manager, method="post", data=other).status_code == 409
    assert visit(page("activate_policy", 2), as_=manager, method="post", data=sign).status_code == 302
    assert active_version(now()).number == 2
    assert PolicyVersion.objects.get(number=1).state == PolicyState.RETIRED
    assert "Not in force any more" in visit(page("version", 1), as_=manager).content.decode()


def test_who_proposed_is_told_that_another_person_signs(reviewer, draft, visit):
    both = make.person(Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER)
    sent = form_of(visit(page("terms", 2), as_=both)) | {"reserve": "150"}
    visit(page("terms", 2), as_=both, method="post", data=sent)
    visit(page("propose_policy", 2), as_=both, method="post", data={"row_version": 2, "reason": "Why"})
    shown = visit(page("version", 2), as_=both)
    assert shown.context["acts"].activate is None
    assert "Another duty manager puts it in force." in shown.content.decode()
    sent = {"row_version": 3, "replaces": 1, "reason": "Agreed"}
    assert visit(page("activate_policy", 2), as_=both, method="post", data=sent).status_code == 403
    sent = {"row_version": 3, "reason": "Too little"}
    assert visit(page("send_back_policy", 2), as_=both, method="post", data=sent).status_code == 302
    sent = {"row_version": 4, "reason": "Given up"}
    assert visit(page("discard_policy", 2), as_=both, method="post", data=sent).status_code == 302
    assert "Discarded" in visit(page("version", 2), as_=both).content.decode()


def test_a_version_for_later_says_so(reviewer, draft, visit):
    visit(
        page("terms", 2),
        as_=reviewer,
        method="post",
        data=form_of(visit(page("terms", 2), as_=reviewer)) | {"reserve": "150"},
    )
    visit(page("propose_policy", 2), as_=reviewer, method="post", data={"row_version": 2, "reason": "Why"})
    later = (now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    sent = {"row_version": 3, "replaces": 1, "reason": "Agreed", "active_from": later}
    manager = make.person(Role.DUTY_MANAGER)
    assert visit(page("activate_policy", 2), as_=manager, method="post", data=sent).status_code == 302
    assert "Not in force yet" in visit(page("version", 2), as_=manager).content.decode()
    shown = visit(page("version", 1), as_=manager).content.decode()
    assert "In force" in shown
    assert "Policy version 1" in visit(page("policy"), as_=manager).content.decode()


def test_the_difference_of_any_two_versions_reads_in_both_directions(reviewer, draft, visit):
    sent = form_of(visit(page("terms", 2), as_=reviewer)) | {"reserve": "150", "auto_share": "3"}
    visit(page("terms", 2), as_=reviewer, method="post", data=sent)
    shown = visit(page("difference", 1, 2), as_=reviewer).content.decode()
    assert "10% of the capacity" in shown
    assert "15% of the capacity" in shown
    assert "up to 0.3% of a pool" in shown
    german = make.person(Role.AUDITOR, language="de")
    assert "15\xa0%" in visit(page("difference", 2, 1), as_=german).content.decode()
    assert "Both say the same." in visit(page("difference", 2, 2), as_=reviewer).content.decode()
    assert visit(page("difference", 1, 9), as_=reviewer).status_code == 404
