"""The people of the demonstration: one or two for every role, each with the same readable password."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password

from journal.record import record
from users.access import Actor, actor_of
from users.actions.assign_role import assign_role
from users.actions.create_portfolio import create_portfolio
from users.actions.plan_duty import plan_duty
from users.models import Portfolio, RoleAssignment, User
from users.roles import Role

PASSWORD = "vorrang-demo-2020"  # noqa: S105 - printed at every start
LOGINS = "demo-logins.json"

PORTFOLIOS = (
    ("health-dach", "Gesundheit DACH"),
    ("public-dach", "Öffentlicher Dienst DACH"),
    ("infrastructure-emea", "Infrastructure EMEA"),
    ("business-emea", "Business EMEA"),
    ("americas", "Americas"),
    ("asia-pacific", "Asia Pacific"),
)
_EUROPE = ("germanywestcentral", "germanynorth", "westeurope", "northeurope", "francecentral", "swedencentral")
# Address before the @, name, roles, portfolios (by position), regions; the first of a role is shown at the start.
_PEOPLE: tuple[tuple[str, str, tuple[Role, ...], tuple[int, ...], tuple[str, ...]], ...] = (
    ("account", "Milan Ostrander", (Role.ACCOUNT_MANAGER,), (0, 1, 2), ()),
    ("account2", "Ines Valtorra", (Role.ACCOUNT_MANAGER,), (3, 4, 5), ()),
    ("verifier", "Greta Lindqvar", (Role.VERIFIER,), (), ()),
    ("verifier2", "Oskar Thamm", (Role.VERIFIER,), (), ()),
    ("reviewer", "Selma Kroyer", (Role.CAPACITY_REVIEWER,), (), ()),
    ("reviewer2", "Jonas Ferrant", (Role.CAPACITY_REVIEWER,), (), ()),
    ("duty", "Henrike Solvang", (Role.DUTY_MANAGER,), (), ()),
    ("duty2", "Ruben Castell", (Role.DUTY_MANAGER,), (), ()),
    ("operator", "Pavel Norrhem", (Role.REGION_OPERATOR,), (), ()),
    ("operator2", "Lea Brandis", (Role.REGION_OPERATOR,), (), _EUROPE),
    ("editor", "Maren Tellhof", (Role.NOTICE_EDITOR,), (), ()),
    ("editor2", "Colin Averdal", (Role.NOTICE_EDITOR,), (), ()),
    ("executive", "Dorothea Falkenau", (Role.EXECUTIVE,), (), ()),
    ("auditor", "Yusuf Lambertz", (Role.AUDITOR,), (), ()),
    # Several hats: whoever reviews and is on duty meets the separation of duties.
    ("several", "Nora Eskildson", (Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER, Role.NOTICE_EDITOR), (), ()),
)
_ADMINISTRATOR = ("admin", "Tilda Wernhart")


@dataclass(frozen=True)
class Cast:
    """Who acts in the demonstration, by the part of their address before the @."""

    people: dict[str, User]
    portfolios: list[Portfolio]

    def user(self, key: str) -> User:
        return self.people[key]

    def actor(self, key: str, *, at: datetime) -> Actor:
        """The person as they act at a moment, having just confirmed who they are."""
        return actor_of(self.people[key], fresh_at=at)

    def user_as_actor(self, key: str) -> Actor:
        """Who acts, without their appointments: enough for a journal entry of a mass of rows."""
        person = self.people[key]
        return Actor(user_id=person.pk, public_id=person.public_id, name=person.name)

    def manager_of(self, portfolio_id: int) -> User:
        """The account manager who looks after a portfolio."""
        position = [portfolio.pk for portfolio in self.portfolios].index(portfolio_id)
        return self.people["account" if position in _PEOPLE[0][3] else "account2"]


def gather(*, at: datetime, now: datetime) -> Cast:
    """Everybody, appointed at a moment long before the story begins, with a duty rota around now."""
    people: dict[str, User] = {}
    hashed = make_password(PASSWORD)
    administrator = _join(*_ADMINISTRATOR, hashed, at)
    RoleAssignment.objects.create(user=administrator, role=Role.ADMINISTRATOR, started_at=at)
    people["admin"] = administrator
    chief = actor_of(administrator, fresh_at=at)
    portfolios = [create_portfolio(actor=chief, code=code, name=name, at=at) for code, name in PORTFOLIOS]
    for key, name, roles, positions, regions in _PEOPLE:
        person = people[key] = _join(key, name, hashed, at)
        for role in roles:
            assign_role(
                actor=chief,
                person_id=person.public_id,
                role=role,
                regions=regions,
                portfolios=[portfolios[position] for position in positions],
                at=at,
            )
    cast = Cast(people, portfolios)
    _plan_duty(cast, now)
    return cast


def write_logins() -> None:
    """Leave one sign-in per role for whoever starts the server; readable by them alone."""
    first: dict[str, str] = {}
    for key, _name, roles, _portfolios, _regions in _PEOPLE:
        if len(roles) == 1:
            first.setdefault(str(roles[0]), key)
    first[str(Role.ADMINISTRATOR)] = _ADMINISTRATOR[0]
    logins = [{"role": role, "email": _address(first[role]), "password": PASSWORD} for role in Role.values]
    logins.append({"role": "several roles", "email": _address("several"), "password": PASSWORD})
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    file = settings.DATA_DIR / LOGINS
    file.touch(mode=0o600)
    file.write_text(json.dumps(logins, indent=2) + "\n", encoding="utf-8")


def _address(key: str) -> str:
    return f"{key}@vorrang.example"


def _join(key: str, name: str, hashed: str, at: datetime) -> User:
    person = User.objects.create(email=_address(key), name=name, password=hashed, joined_at=at)
    record(
        actor=Actor(user_id=person.pk, public_id=person.public_id, name=name),
        action="person.joined",
        subject_type="user",
        subject_id=person.public_id,
        after={"roles": []},
        at=at,
    )
    return person


def _plan_duty(cast: Cast, now: datetime) -> None:
    """Weeks in turn: one duty manager holds, the other stands in; one week runs now."""
    pair = [cast.user("duty"), cast.user("duty2")]
    begin = now - timedelta(days=3)
    for week in range(3):
        holder, deputy = pair[week % 2], pair[(week + 1) % 2]
        starts_at = begin + timedelta(days=7 * week)
        plan_duty(
            actor=cast.actor("admin", at=now),
            holder_id=holder.public_id,
            deputy_id=deputy.public_id,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(days=7),
            at=begin,
        )
