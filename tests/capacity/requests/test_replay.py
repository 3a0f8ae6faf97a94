"""Every decision on priority comes out the same again, years later; one that was tampered with is found."""

import dataclasses
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from capacity.requests.actions.rerank_requests import rerank_all
from capacity.requests.models import Ranking
from capacity.requests.replay import replay_decisions, replay_rankings
from capacity.review.actions.decline_request import decline_request
from priorities import policy
from priorities.policies import policy_of
from priorities.wording import policy_text
from tests import make
from users.access import SYSTEM
from users.roles import Role

pytestmark = pytest.mark.django_db
NOW = make.NOW


def replayed(*arguments):
    out = StringIO()
    call_command("replay_priorities", *arguments, stdout=out)
    return out.getvalue()


def planted(of, **changes):
    """A ranking whose author wrote something else than what the policy says."""
    row = Ranking.objects.filter(request=of).latest("pk")
    values = {
        field.attname: getattr(row, field.attname) for field in Ranking._meta.concrete_fields if not field.primary_key
    }
    return Ranking.objects.create(**{**values, **changes})


def test_everything_comes_out_the_same_after_the_world_has_changed():
    request = make.tier1_request()
    make.request(make.organization(offer_type="free"))
    override = make.override(request, to_tier=2)
    decline_request(actor=make.acting(Role.CAPACITY_REVIEWER), request_id=request.public_id, reason="No room.", at=NOW)
    assert override.state == "proposed"
    everybody_last = (policy.Rule("5.9", 5),)
    # A version that keeps nothing, shares nothing and binds no wish reads and replays like any other.
    default = policy.default_policy()
    bare = tuple(dataclasses.replace(tier, shared=False, binding_wishes=False) for tier in default.tiers)
    terms = dataclasses.replace(default, version=2, rules=everybody_last, floors=(), tiers=bare)
    version = make.policy_in_force(terms)
    assert policy_of(version) == terms
    assert policy_text(policy_of(version))[-1].sentences[0].startswith("What follows applies as soon as requests are")
    rerank_all(actor=SYSTEM, at=NOW + timedelta(hours=1))
    assert Ranking.objects.filter(policy_version__number=2).count() == 1
    assert not [one for one in (*replay_rankings(), *replay_decisions()) if one.difference]
    said = replayed()
    assert said.count("0 differences") == 2
    assert f"{Ranking.objects.count():,}" in said


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (lambda row: {"tier": 1, "claimed_tier": 1}, "its columns differ from its result"),
        (
            lambda row: {"result": {**row.result, "score": row.result["score"] + 1}},
            "other now: score; tier 1 now, 1 then",
        ),
        (lambda row: {"facts": {**row.facts, "is_internal": True}}, "its facts are not those that were hashed"),
        (lambda row: {"facts": {}}, "its facts cannot be read"),
    ],
)
def test_a_planted_corruption_is_found_and_named(changes, says):
    good = make.tier1_request()
    row = Ranking.objects.filter(request=good).latest("pk")
    if says.startswith("its columns"):
        good = make.request()
    bad = planted(good, at=NOW + timedelta(days=1), **changes(row))
    (found,) = [one for one in replay_rankings() if one.difference]
    assert (found.key, found.request) == (bad.pk, good.label)
    assert says in found.difference
    with pytest.raises(CommandError, match="1 stored decisions come out otherwise"):
        replayed()
    # As of the day before, nothing was wrong yet.
    assert replayed("--as-of", NOW.isoformat()).count("0 differences") == 2
