"""The API against its own description: whatever is sent, an answer that the document promises, and never a fault."""

from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import checks

from capacity.regions.models import Datacenter
from kit.clock import now
from tests import make
from users.models import ApiToken
from users.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)

CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
# Enough to meet every field with something wrong, and to stay within a minute.
PLAYFUL = settings(
    max_examples=35,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def api(live_server, monkeypatch):
    """The document as it is served, and the server behind it; nobody counts the calls."""
    cache.clear()
    monkeypatch.setattr("config.api.ApiRate.allow_request", lambda *_: True)
    return schemathesis.openapi.from_url(f"{live_server.url}/api/v1/schema/")


@pytest.fixture
def known():
    """What really is there, by the place in an address that names it."""
    at = now()
    request = make.tier1_request(at=at)
    return {
        "organizations": request.organization.public_id,
        "requests": request.public_id,
        "claims": request.organization.claims.get().public_id,
        "datacenters": Datacenter.objects.first().code,
    }


def token(*roles: Role) -> dict[str, str]:
    _made, key = ApiToken.objects.create(make.person(*roles), expiry=timedelta(days=1), name="fuzz", scope="write")
    return {"Authorization": f"Token {key}"}


def play(api: Any, headers: dict[str, str], known: dict[str, Any]) -> set[int]:
    """Call every operation with what fits its description and what does not; the statuses met."""
    met: set[int] = set()
    for found in api.get_all_operations():
        operation = found.ok()
        real = known.get(operation.path.split("/")[3])
        _play_one(operation, headers, real, met)
    return met


def _play_one(operation: Any, headers: dict[str, str], real: Any, met: set[int]) -> None:
    wrong = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

    @PLAYFUL
    @given(case=st.one_of(operation.as_strategy(), wrong), is_real=st.booleans())
    def attempt(case, is_real):
        if is_real and real is not None:
            case.path_parameters = {name: str(real) for name in case.path_parameters or {}}
        case.headers.pop("Authorization", None)
        case.cookies.clear()
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS)
        met.add(response.status_code)

    attempt()


def test_whoever_may_do_everything_meets_what_is_promised(api, known):
    met = play(api, token(*Role), known)
    assert {200, 400, 404} <= met


def test_nobody_meets_401_wherever_there_is_something(api, known):
    met = play(api, {}, known)
    assert 401 in met
    assert met <= {400, 401, 404}
