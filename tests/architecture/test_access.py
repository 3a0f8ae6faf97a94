"""Who gets which page: a row for every address that shows something. A new page without a row fails."""

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests import make, world
from users.roles import Role

pytestmark = pytest.mark.django_db

AM, VE, CR, DM, OP, ED, EX, AU, AD = Role
EVERYBODY = frozenset(Role)
CAPACITY = {CR, DM, OP}
CUSTOMER_READERS = {AM, VE, CR, DM, EX, AU}

# Who sees the page of an object of the world below, whose portfolio and regions everybody's role reaches.
MAY_READ: dict[str, set[Role] | frozenset[Role]] = {
    "desk:today": EVERYBODY,
    "users:account": EVERYBODY,
    "users:people": {AD, AU},
    "users:invite": {AD},
    "users:duty": EVERYBODY,
    "users:portfolios": {AD, AU},
    "users:person": {AD, AU},
    "journal:entries": {AD, AU},
    "customers:organizations": CUSTOMER_READERS,
    "customers:organization": CUSTOMER_READERS,
    "customers:register": {AM},
    "customers:change": {AM},
    "customers:duplicates": CUSTOMER_READERS,
    "customers:duplicate": CUSTOMER_READERS,
    "customers:new_contact": {AM},
    "customers:contact": {AM},
    "customers:inheritance": {VE},
    "customers:propose": {AM},
    "customers:proposals": CUSTOMER_READERS,
    "customers:portfolio": {AM},
    "customers:imports": {AM, VE, AU},
    "customers:import": {AM, VE},
    "customers:import_run": {AU},
    "customers:registers": {VE, AM, AU},
    "customers:snapshots": {VE, AM, AU},
    "customers:snapshot": {VE, AM, AU},
    "customers:register_changes": {VE, AM, AU},
    "customers:register_entry": {VE, AM, AU},
    "customers:evidence_reviews": {VE, AM, AU},
    "customers:evidence_review": {VE, AM, AU},
    "customers:matches": {VE, AM, AU},
    "customers:claim": CUSTOMER_READERS,
    "customers:verification": {VE, AU},
    "customers:case": {VE, AU},
    "alarms:inbox": {OP, DM, CR, AU},
    "alarms:alarm": {OP, DM, CR, AU},
    "priorities:policy": EVERYBODY,
    "priorities:version": EVERYBODY,
    "priorities:difference": EVERYBODY,
    "priorities:terms": {CR},
    "priorities:new_clause": {CR},
    "priorities:clause": {CR},
    "allocation:simulation": {CR, DM, AU, EX, AD},
    "priorities:overrides": {CR, DM, AU, EX, AD},
    "priorities:override": {CR, DM, AU, EX, AD},
    "assurance:reviews": {VE, AU},
    "assurance:review": {VE, AU},
    "assurance:complaint": CUSTOMER_READERS - {EX},
    "assurance:expiring": CUSTOMER_READERS,
    "retention:retention": {AD, AU},
    "retention:erasure": {AM, AD},
    "liaison:items": {AM, VE, CR, DM, OP, AU},
    "liaison:log": {AM, VE, DM, OP},
    "liaison:item": {AM, VE, CR, DM, OP, AU},
    "levers:levers": {OP, DM, CR, EX, AU},
    "levers:set_up": {OP},
    "levers:lever": {OP, DM, CR, EX, AU},
    "levers:step": {OP},
    "levers:measure": {OP},
    "response:plans": EVERYBODY,
    "response:plan": EVERYBODY,
    "response:draft": {OP},
    "response:change": set(),  # The plan of the world is active, and signed as it stands.
    "response:new_phase": {OP, DM},
    "response:new_item": {OP, DM},
    "response:new_link": {OP, DM},
    "response:end": {DM},
    "response:review": {OP, DM, CR, EX},
    "deliveries:deliveries": {OP, DM, CR, EX, AU},
    "deliveries:plan": {OP},
    "deliveries:of_pool": {CR, DM, OP, AU},
    "deliveries:of_region": {OP, DM, CR, EX, AU},
    "deliveries:delivery": {OP, DM, CR, EX, AU},
    "campaigns:campaigns": {AM, OP, DM, CR, ED, EX, AU},
    "campaigns:plan": {OP},
    "campaigns:campaign": {AM, OP, DM, CR, ED, EX, AU},
    "notices:notices": {ED, DM, AU},
    "notices:draft": {ED},
    "notices:notice": {ED, DM, AU},
    "review:queue": {CR, DM, AU},
    "review:case": {CR, DM, AU},
    "reports:executive": {EX, DM, ED, AU},
    "override_request": {CR, DM},
    "override_use": {CR, DM},
    "requests:requests": {AM, CR, DM, OP, AU, EX},
    "requests:request": {AM, CR, DM, OP, AU, EX},
    "intake:new": {AM},
    "intake:standing": {AM, CR, DM, OP, AU, EX},
    "regions:tiles": EVERYBODY,
    "regions:table": EVERYBODY,
    "regions:calendar": EVERYBODY,
    "regions:history": EVERYBODY,
    "regions:conditions": EVERYBODY,
    "regions:thresholds": {OP, DM, CR, EX, AU},
    "regions:proposals": {OP, DM, CR, EX, AU},
    "regions:dismiss": {OP, DM},
    "regions:region": EVERYBODY,
    "regions:ahead": EVERYBODY,
    "regions:declare": {OP},
    "regions:staffing_risk": {OP, DM, CR, EX, AU},
    "pools:pool": {CR, DM, OP, AU},
    "pools:terms": {OP},
    "usage:usage": {CR, DM, OP, AU},
    "usage:retention": {AD, AU},
    "staffing:board": {OP, DM, CR, EX, AU},
    "staffing:datacenter": {OP, DM, CR, AU},
    "staffing:day": {OP, DM, CR, AU},
    "staffing:imports": {OP, AU},
    "staffing:import": {OP},
    "staffing:import_run": {AU},
    "staffing:report": {OP},
    "staffing:roster": {OP},
    "staffing:repair": {OP, DM, CR, AU},
    "staffing:import_rosters": {OP},
    "staffing:papers": {OP, DM, CR, AU},
    "staffing:new_papers": {OP},
    "staffing:withdraw_papers": {OP},
    "styleguide": EVERYBODY,
}
# Shown to everybody, or by the sign-in library, or only acts (POST), or parts of a page that is listed.
ELSEWHERE = (
    "account_", "mfa_", "trust:", "desk:home", "users:accept", "users:appearance", "users:make_token",
    "users:revoke_token", "users:save_view", "users:delete_view", "users:withdraw", "users:drop_duty", "users:assign",
    "users:end_role", "users:leaving", "journal:verify", "journal:entry", "customers:import_progress",
    "customers:assign", "customers:erase_contact",
    "customers:answer", "customers:evidence", "customers:check", "customers:act", "customers:match_claim",
    "customers:claim_matches", "alarms:act",
    "priorities:confirm", "priorities:refuse", "priorities:revoke", "priorities:renew",
    "priorities:review", "levers:propose", "levers:sign", "levers:keep", "response:activate", "response:next_phase",
    "response:finish", "response:unlink", "campaigns:publish", "campaigns:close", "notices:publish",
    "deliveries:land", "deliveries:cancel",
    "customers:dns", "customers:mail_code", "customers:enter_code", "customers:attach", "customers:file",
    "customers:bulk", "customers:next_case",
    "priorities:policy_version", "priorities:draft_policy", "priorities:remove_clause", "priorities:propose_policy",
    "priorities:discard_policy", "priorities:send_back_policy", "priorities:activate_policy",
    "review:undo", "review:act", "requests:act", "intake:check", "intake:draft", "regions:proposal", "regions:confirm",
    "regions:refuse", "regions:withdraw", "pools:terms", "staffing:vouch", "allocation:start", "allocation:progress",
    "allocation:rows", "allocation:figures",
)  # fmt: skip


def names(patterns=None, namespace: str = "") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns, pattern.namespace or namespace)
        elif isinstance(pattern, URLPattern) and pattern.name and not str(pattern.pattern).startswith("api/"):
            yield f"{namespace}:{pattern.name}" if namespace else pattern.name


def test_every_page_has_its_row():
    pages = {name for name in names() if not name.startswith(ELSEWHERE)}
    missing = {name for name in pages if name not in MAY_READ and ":" in name}
    assert not missing, "say who may read these"
    assert set(MAY_READ) - {"override_request", "override_use", "styleguide"} <= set(names())


@pytest.fixture(name="world")
def _world():
    return world.build()


@pytest.mark.parametrize("role", list(Role))
def test_each_role_reads_exactly_what_is_its_own(role, world, visit):
    person = make.person(role)
    wrong = []
    for name, readers in MAY_READ.items():
        answer = visit(reverse(name, args=world.get(name, [])), as_=person)
        if (answer.status_code == 200) != (role in readers) or answer.status_code not in (200, 403, 404, 409):
            wrong.append(f"{name}: {answer.status_code}")
    assert not wrong


def test_a_person_without_a_role_reads_nothing_of_customers_and_capacity(world, visit):
    person = make.person()
    shown = {name for name in MAY_READ if visit(reverse(name, args=world.get(name, [])), as_=person).status_code == 200}
    # The region pages open without a single region on them; the rota tells whom to call.
    assert shown <= {
        "desk:today", "users:account", "users:duty", "styleguide",
        "regions:tiles", "regions:table", "regions:calendar", "regions:history",
    }  # fmt: skip
