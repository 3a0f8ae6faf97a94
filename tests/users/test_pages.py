"""The pages about people: who may open them, what they say, and how little they ask the database."""

import pytest

from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator():
    return make.person(Role.ADMINISTRATOR, name="Ada Administrator")


def test_pages_open(visit, administrator):
    other = make.person(Role.CAPACITY_REVIEWER, name="Rita Reviewer")
    for address in (
        "/people/", "/people/invite/", "/people/duty/", "/people/portfolios/", f"/people/{other.public_id}/",
        f"/people/{other.public_id}/leaving/", "/account/", "/journal/", "/account/password/", "/account/codes/",
    ):
        response = visit(address, as_=administrator)
        assert response.status_code == 200, (address, response.status_code, response.headers)
