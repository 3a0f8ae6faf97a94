"""One's own settings, tokens and saved views: nobody else's are touched."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from journal.models import Entry
from kit.clock import now
from tests import make
from tests.sql import refused
from users.actions.create_token import CannotCreateToken, TooManyTokens, create_token
from users.actions.revoke_token import NoSuchToken, revoke_token
from users.actions.save_view import TooManyViews, save_view
from users.models import ApiToken, SavedView, User
from users.roles import Role

pytestmark = pytest.mark.django_db

AT = now()
PREFERENCES = {
    "name": "Paula Person",
    "language": "de",
    "theme": "dark",
    "time_zone": "America/New_York",
    "notify": ["expiry", "regions"],
    "row_version": 1,
}


@pytest.fixture
def person():
    return make.person(Role.AUDITOR)


def token_of(person: User, **fields):
    values = {"name": "Export", "scope": "read", "days": 30, "at": AT, **fields}
    return create_token(actor=make.actor(person, fresh_at=values["at"]), **values)


def test_preferences_are_kept_and_shown(visit, person):
    assert visit("/account/", as_=person, method="post", data=PREFERENCES).status_code == 302
    person.refresh_from_db()
    assert (person.name, person.language, person.theme, person.time_zone) == (
        "Paula Person",
        "de",
        "dark",
        "America/New_York",
    )
    assert person.shortcuts_enabled is False
    assert person.notify == ["expiry", "regions"]
    page = visit("/account/", as_=person)
    assert 'lang="de"' in page.content.decode()
    assert 'data-bs-theme="dark"' in page.content.decode()


def test_a_stale_form_changes_nothing_and_says_so(visit, person):
    assert visit("/account/", as_=person, method="post", data=PREFERENCES).status_code == 302
    stale = visit("/account/", as_=person, method="post", data={**PREFERENCES, "name": "Somebody Else"})
    assert stale.status_code == 409
    person.refresh_from_db()
    assert person.name == "Paula Person"


@pytest.mark.parametrize(
    "wrong",
    [
        {"language": "xx"},
        {"theme": "loud"},
        {"time_zone": "Mars/Base"},
        {"notify": ["everything"]},
        {"name": " "},
        {"row_version": "-1"},
    ],
    ids=str,
)
def test_what_does_not_exist_is_refused(visit, person, wrong):
    assert visit("/account/", as_=person, method="post", data={**PREFERENCES, **wrong}).status_code == 400
    person.refresh_from_db()
    assert person.row_version == 1


def test_a_token_is_shown_once_and_only_its_hash_is_kept(visit, person):
    sent = {"name": "Nightly export", "scope": "read", "days": "30"}
    page = visit("/account/tokens/", as_=person, method="post", data=sent).content.decode()
    token = ApiToken.objects.get()
    secret = page.split("<code data-copy>")[1].split("<")[0]
    assert len(secret) == 64
    assert secret not in str(ApiToken.objects.values().get())
    assert secret not in str(list(Entry.objects.values()))
    assert token.expiry - token.created <= timedelta(days=30)
    listed = visit("/account/", as_=person).content.decode()
    assert "Nightly export" in listed
    assert secret not in listed

    other = make.person(Role.AUDITOR)
    assert visit(f"/account/tokens/{token.public_id}/revoke/", as_=other, method="post").status_code == 404
    assert visit(f"/account/tokens/{token.public_id}/revoke/", as_=person, method="post").status_code == 302
    assert not ApiToken.objects.exists()
    assert Entry.objects.filter(action="token.revoked").count() == 1
    with pytest.raises(NoSuchToken):
        revoke_token(actor=make.actor(person), token_id=token.public_id, at=AT)


def test_tokens_are_bounded(visit, person):
    for wrong in ({"name": " "}, {"scope": "rule"}, {"days": 1000}):
        with pytest.raises(CannotCreateToken):
            token_of(person, **wrong)
    bad = visit("/account/tokens/", as_=person, method="post", data={"name": "", "scope": "x", "days": "1000"})
    assert bad.status_code == 400
    for _number in range(10):
        token_of(person)
    with pytest.raises(TooManyTokens):
        token_of(person)


def test_raw_sql_makes_no_eternal_token_and_changes_none(person):
    token_of(person)
    insert = (
        "INSERT INTO users_apitoken (digest, token_key, created, expiry, public_id, name, scope, user_id)"
        " VALUES ('d', 'k', now(), {}, gen_random_uuid(), 'n', 'write', %s)"
    )
    for expiry in ("NULL", "now() + interval '2 years'"):
        assert "token_expires_within_a_year" in refused(insert.format(expiry), person.pk)
    assert "permission denied" in refused("UPDATE users_apitoken SET scope = 'write'")


def test_language_and_appearance_are_switched_in_the_frame_and_by_nobody_in_a_cookie(visit, person):
    visit("/account/appearance/", as_=person, method="post", data={"language": "de", "next": "/account/"})
    visit("/account/appearance/", as_=person, method="post", data={"theme": "light"})
    person.refresh_from_db()
    assert (person.language, person.theme) == ("de", "light")
    for odd in ("-1", "overrides", "x:y", "//elsewhere.example", "javascript:alert(1)", "\\\\elsewhere.example"):
        answer = visit("/account/appearance/", as_=person, method="post", data={"theme": "light", "next": odd})
        assert answer.status_code == 302
        assert "elsewhere" not in answer.headers["Location"]
        assert "javascript" not in answer.headers["Location"]
    nobody = Client()
    answer = nobody.post("/account/appearance/", {"language": "en", "next": "https://elsewhere.example/"})
    assert answer.status_code == 302
    assert "elsewhere" not in answer.headers["Location"]
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"
    assert "Sign in" in nobody.get("/account/login/").content.decode()


def test_saved_views_are_one_s_own(visit, person):
    other = make.person(Role.AUDITOR)
    sent = {
        "page": "journal",
        "name": "Mine",
        "query": "action=role.assigned",
        "next": "/journal/?action=role.assigned",
    }
    assert visit("/account/views/", as_=person, method="post", data=sent).status_code == 302
    assert "Mine" in visit("/journal/", as_=person).content.decode()
    assert "Mine" not in visit("/journal/", as_=other).content.decode()
    view = SavedView.objects.get()
    assert visit(f"/account/views/{view.public_id}/delete/", as_=other, method="post").status_code == 404
    assert visit(f"/account/views/{view.public_id}/delete/", as_=person, method="post").status_code == 302
    assert visit("/account/views/", as_=person, method="post", data={**sent, "name": " "}).status_code == 400
    actor = make.actor(person)
    for number in range(20):
        save_view(actor=actor, page="journal", name=f"View {number}", query="", at=AT)
    save_view(actor=actor, page="journal", name="View 3", query="x=1", at=AT)
    with pytest.raises(TooManyViews):
        save_view(actor=actor, page="journal", name="One more", query="", at=AT)
