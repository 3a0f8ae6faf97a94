"""The pages about people: who may open them, what they say, and how little they ask the database."""

import pytest
from django.test import Client

from kit.clock import now
from tests import make
from users.actions.invite_person import invite_person
from users.models import RoleAssignment
from users.roles import Role

pytestmark = pytest.mark.django_db

OTHERS = sorted(set(Role) - {Role.ADMINISTRATOR, Role.AUDITOR})


@pytest.fixture
def administrator():
    return make.person(Role.ADMINISTRATOR, name="Ada Administrator")


def addresses(person) -> dict[str, set[str]]:
    """Each page with the roles that open it; everybody opens those with none."""
    sees, acts = {Role.ADMINISTRATOR, Role.AUDITOR}, {Role.ADMINISTRATOR}
    return {
        "/people/": sees,
        "/people/portfolios/": sees,
        f"/people/{person.public_id}/": sees,
        "/people/invite/": acts,
        f"/people/{person.public_id}/leaving/": acts,
        "/journal/": sees,
        "/people/duty/": set(Role),
        "/account/": set(Role),
        "/account/password/": set(Role),
        "/account/codes/": set(Role),
    }


def test_each_role_opens_its_pages_and_gets_a_reason_at_the_others(visit):
    person = make.person(name="Rita Reviewer")
    for role in Role:
        reader = make.person(role)
        for address, roles in addresses(person).items():
            response = visit(address, as_=reader)
            assert response.status_code == (200 if role in roles else 403), (role, address)
            if role not in roles:
                assert "This needs the role" in response.content.decode()


def test_nobody_is_sent_to_sign_in():
    for address in addresses(make.person()):
        response = Client().get(address)
        assert response.status_code == 302
        assert response.headers["Location"] == f"/account/login/?next={address}"


def test_the_auditor_changes_nothing(visit):
    auditor, person = make.person(Role.AUDITOR), make.person(Role.EXECUTIVE)
    held = RoleAssignment.objects.get(user=person)
    for address, sent in (
        (f"/people/{person.public_id}/roles/", {"role": Role.VERIFIER}),
        (f"/people/{person.public_id}/roles/{held.public_id}/end/", {}),
        (f"/people/{person.public_id}/leaving/", {}),
        ("/people/invite/", {"email": "a@vorrang.example", "name": "A", "roles": [Role.VERIFIER]}),
        ("/people/portfolios/", {"code": "north", "name": "North"}),
        ("/people/duty/", {}),
    ):
        assert visit(address, as_=auditor, method="post", data=sent).status_code == 403, address
    page = visit(f"/people/{person.public_id}/", as_=auditor).content.decode()
    assert "This needs the role Administrator" in page
    assert "Give the role" not in page


def test_a_role_is_given_and_ended_on_the_page(visit, administrator):
    person, north = make.person(name="Rita Reviewer"), make.portfolio("North")
    give = f"/people/{person.public_id}/roles/"
    sent = {"role": Role.ACCOUNT_MANAGER, "portfolios": [str(north.public_id)]}
    assert visit(give, as_=administrator, method="post", data=sent).status_code == 302
    page = visit(f"/people/{person.public_id}/", as_=administrator).content.decode()
    assert "North" in page
    assert "Role given" in page
    assert visit(give, as_=administrator, method="post", data=sent).status_code == 409
    wrong = visit(give, as_=administrator, method="post", data={**sent, "role": Role.AUDITOR})
    assert wrong.status_code == 400
    assert "None of these roles is limited to portfolios" in wrong.content.decode()
    held = RoleAssignment.objects.get(user=person, ended_at=None)
    end = f"{give}{held.public_id}/end/"
    assert visit(end, as_=administrator, method="post", data={"reason": "Moved"}).status_code == 302
    assert visit(end, as_=administrator, method="post").status_code == 404
    assert "Roles before" in visit(f"/people/{person.public_id}/", as_=administrator).content.decode()
    own = visit(f"/people/{administrator.public_id}/", as_=administrator).content.decode()
    assert "Nobody changes their own rights" in own


def test_portfolios_are_opened_once(visit, administrator):
    sent = {"code": "north", "name": "North"}
    assert visit("/people/portfolios/", as_=administrator, method="post", data=sent).status_code == 302
    assert visit("/people/portfolios/", as_=administrator, method="post", data=sent).status_code == 409
    assert visit("/people/portfolios/", as_=administrator, method="post", data={"code": "N orth"}).status_code == 400


def test_the_list_finds_people_and_shows_open_invitations(visit, administrator):
    make.person(Role.VERIFIER, name="Vera Verifier", email="vera@vorrang.example")
    invite_person(
        actor=make.actor(administrator),
        email="new@vorrang.example",
        name="N",
        roles=[Role.AUDITOR],
        regions=(),
        portfolios=(),
        at=now(),
    )
    everybody = visit("/people/", as_=administrator).content.decode()
    assert "new@vorrang.example" in everybody
    for query, found in (
        ("q=vera", True),
        ("q=nobody", False),
        ("role=verifier", True),
        ("role=executive", False),
        ("here=no", False),
    ):
        assert ("Vera Verifier" in visit(f"/people/?{query}", as_=administrator).content.decode()) is found, query
    assert visit("/people/?role=pope", as_=administrator).status_code == 400
    assert visit("/people/?is_active=1", as_=administrator).status_code == 400
    csv = visit("/people/?format=csv", as_=administrator, queries=12)
    assert "Vera Verifier" in csv.getvalue().decode()


def test_the_number_of_questions_does_not_grow_with_the_people(visit, administrator):
    def ask(count: int) -> None:
        for number in range(count):
            make.person(Role.ACCOUNT_MANAGER, Role.VERIFIER, portfolios=[make.portfolio()], name=f"Person {number}")
        visit("/people/?size=200", as_=administrator, queries=11)

    ask(3)
    ask(60)


def test_ids_of_nobody_are_not_found(visit, administrator):
    strange = "01937a5e-9c00-7d2e-8f41-5b7cc01d2e9a"
    for address in (f"/people/{strange}/", f"/people/{strange}/leaving/", f"/journal/{strange}/", "/invitation/x/"):
        assert visit(address, as_=administrator if "invitation" not in address else None).status_code == 404
