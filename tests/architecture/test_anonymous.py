"""Nobody reaches anything but what is meant for everybody: deny unless allowed, for every address there is."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

pytestmark = pytest.mark.django_db

# What a person without an account is for: signing in, an invitation, the public pages. Everything
# else sends to sign-in. The API answers 401 by itself.
PUBLIC = (
    r"^account/login/$",
    r"^account/logout/$",
    r"^account/inactive/$",
    r"^account/password/(forgotten|sent)/$",
    r"^account/password/new/",
    r"^account/codes/authenticate/$",
    r"^account/appearance/$",
    r"^invitation/",
    r"^domain-code/",
    r"^trust/",
    r"^$",
)
SAMPLES = {
    "uuid": "01937a5e-9c00-7d2e-8f41-5b7cc01d2e9a",
    "int": "1",
    "slug": "westeurope",
    "str": "x",
    "path": "x",
    "uidb36": "1",
    "key": "x",
}


def addresses(patterns=None, prefix: str = "") -> Iterator[str]:
    """Every address of the product, with a sample for each place that varies."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            sample = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", lambda found: SAMPLES.get(found[1], "x"), route)
            sample = re.sub(r"<(?:(\w+):)?\w+>", lambda found: SAMPLES.get(found[1] or "str", "x"), sample)
            yield re.sub(r"[\^$\\]|\.\*|\(\?:", "", sample)


ADDRESSES = sorted(set(addresses()))
CLOSED = [a for a in ADDRESSES if not any(re.match(public, a) for public in PUBLIC)]


def test_there_are_addresses():
    assert "people/" in CLOSED
    assert "account/" in CLOSED
    assert len(CLOSED) > 30


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("address", CLOSED)
def test_nobody_is_sent_to_sign_in(address, method):
    response = getattr(Client(), method)(f"/{address}")
    if address.startswith("api/"):
        # The description of the API is no secret; everything it describes is.
        assert response.status_code in {401, 405} or "schema" in address or address.endswith("docs/"), (
            response.status_code
        )
        return
    assert response.status_code == 302, f"/{address} answers {response.status_code} to nobody"
    assert response.headers["Location"].startswith("/account/login/?next=/"), response.headers["Location"]
