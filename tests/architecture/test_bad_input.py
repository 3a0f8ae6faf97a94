"""Whatever is sent to whatever address: a page or a refusal, never a fault, and nothing kept of what was refused."""

import re
import uuid
from collections import Counter
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from django.core.cache import cache
from django.db import transaction
from django.urls import reverse

from capacity.pools.models import LedgerEntry
from capacity.requests.models import Decision
from journal.models import Entry
from kit.clock import now
from kit.models import IdempotencyKey
from tests import make, world
from tests.architecture.test_access import MAY_READ
from tests.architecture.test_anonymous import ADDRESSES
from tests.architecture.test_anonymous import PUBLIC as PUBLIC_ADDRESSES
from tests.filling import PageForm, forms_of
from users.roles import Role

pytestmark = pytest.mark.django_db

LONG = "x" * 6_000
FORM = "application/x-www-form-urlencoded"
FOREIGN = "01937a5e-9c00-7d2e-8f41-5b7cc01d2e9a"
LISTS = (
    "customers:organizations", "requests:requests", "priorities:overrides", "journal:entries", "users:people",
    "levers:levers", "notices:notices", "customers:verification", "customers:imports", "review:queue",
)  # fmt: skip
# Refused by every list.
WRONG_FOR_LISTS = ("no_such_filter=1", "sort=../", "sort=-", "after=garbage", "before=%F0", "size=-1", "size=1e9",
                   "columns=no_such_column", "format=exe", "count=many", "sort=name&sort=-name")  # fmt: skip
# Whatever a page makes of these.
QUERIES = (
    "q=%00",
    "q=%FF%FE",
    f"q={quote(LONG)}",
    "q[]=1&q[]=2&q=%25_%5C",
    f"date=0000-00-00&shift={quote(LONG)}&year=99999999999999999999&page=-1&days=-5&hours=1e99",
    f"organization={FOREIGN}&region=../../etc&resource=%27%22&portfolio=-1&letter=xx&next=//elsewhere.example",
    "organization=1&tier=99999999999999999999&state=nonsense&from=9999-12-31&until=0001-01-01&actor=%F0%9F%9A%91",
    "&&&=;==%",
)
NUL, HALF = "\x00", "\ud83d"
CHOSEN = frozenset({"select", "checkbox", "radio", "button", "submit"})
SMALL_FAMILY = 6
TEXTS = (LONG, "-1", "99999999999999999999", "٣")
WRONG: dict[str, tuple[str, ...]] = {
    "text": TEXTS,
    "number": ("-1", "99999999999999999999", "1e400", "NaN"),
    "date": ("1999-01-01", "9999-12-31", "0001-01-01", "2031-02-30"),
    "datetime-local": ("1999-01-01T10:00", "9999-12-31T23:59", "0001-01-01T00:00"),
    "select": ("no_such_choice", FOREIGN, "99999999999999999999"),
    "hidden": ("", "-1", "99999999999999999999", "\x00"),
}


class Faults(list[str]):
    """What went wrong, all of it, so that one run tells of every fault."""

    def watch(self, label: str, send) -> int:
        """The status of what `send` answers; what it did is undone."""
        with transaction.atomic():
            kept = _written()
            try:
                with transaction.atomic():
                    status = send().status_code
            except Exception as error:
                self.append(f"{label}: {type(error).__name__}: {str(error)[:200]}")
                status = 599
            else:
                if status >= 500:
                    self.append(f"{label}: {status}")
                elif status >= 400 and _written() != kept:
                    self.append(f"{label}: {status}, but something was kept")
            transaction.set_rollback(True)
        return status


def _written() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Entry, IdempotencyKey, LedgerEntry, Decision))


@pytest.fixture
def faults():
    cache.clear()
    return Faults()


@pytest.fixture
def places():
    """Every page that shows something, by its address's name."""
    arguments = world.build(at=now())
    return {name: reverse(name, args=arguments.get(name, [])) for name in MAY_READ}


OPEN = "|".join(public.replace("^", "^/") for public in PUBLIC_ADDRESSES)
PUBLIC = ["/trust/", "/trust/de/", "/trust/en/policy/", "/trust/en/notices/", "/trust/xx/", "/account/login/"]


def test_no_query_string_is_a_fault(visit, places, faults):
    auditor = visit.client(make.person(Role.AUDITOR))
    others = visit.client(make.person(*(role for role in Role if role != Role.AUDITOR)))
    for name, url in [*places.items(), *((path, path) for path in PUBLIC)]:
        client = auditor if Role.AUDITOR in MAY_READ.get(name, Role) else others
        all_at_once = "&".join(WRONG_FOR_LISTS)
        status = faults.watch(f"{name}?{all_at_once}", lambda to=f"{url}?{all_at_once}", by=client: by.get(to))
        # What is no list asks for none of that.
        for query in (*(WRONG_FOR_LISTS if status >= 400 else ()), *QUERIES):
            faults.watch(f"{name}?{query[:60]}", lambda to=f"{url}?{query}", by=client: by.get(to))
    assert not faults, "\n".join(faults)


def test_a_list_refuses_what_it_does_not_know(visit, places, faults):
    client = visit.client(make.person(Role.AUDITOR, Role.CAPACITY_REVIEWER, Role.VERIFIER))
    for name in LISTS:
        for query in WRONG_FOR_LISTS:
            status = faults.watch(f"{name}?{query}", lambda to=f"{places[name]}?{query}": client.get(to))
            if not 400 <= status < 500:
                faults.append(f"{name}?{query}: {status}")
    assert not faults, "\n".join(faults)


KEY = {"idempotency_key": "a-key-of-its-own"}
CUT = "multipart/form-data; boundary=x"
TOLD = ("idempotency_key", "reason", "question", "answer", "name", "legal_name", "login", "region", "quantity", "next")


def encoded(body: dict[str, str]) -> bytes:
    """A body as sent by somebody whose UTF-8 may be broken: half of a surrogate pair goes out as bytes."""
    return urlencode(body, errors="surrogatepass").encode()


def bodies() -> Iterator[tuple[str, bytes, str]]:
    """What may be sent anywhere: what it is, the body, its content type."""
    yield "nothing", b"", FORM
    yield "no key", encoded({"reason": "Something", "row_version": "1"}), FORM
    yield "a wrong key", encoded({"idempotency_key": "x", "reason": "Something", "row_version": "1"}), FORM
    yield "a list", b"&".join(b"%b=[]&%b={}" % (name.encode(), name.encode()) for name in TOLD), FORM
    yield "too much", encoded({**dict.fromkeys(TOLD, LONG), **KEY}), FORM
    yield "NUL", encoded({**dict.fromkeys(TOLD, "\x00"), **KEY}), FORM
    yield "broken UTF-8", encoded({**dict.fromkeys(TOLD, "\ud83d"), **KEY}), FORM
    yield "noise", b"\xff\xfe=%ff&=&a&reason=%zz", FORM
    yield "half a body", b"--x\r\nContent-Disposition: form-data; name=", CUT
    yield "JSON", b'{"reason": [1e999]}', "application/json"


def test_no_body_is_a_fault_at_any_address(visit, places, faults):
    somebody = visit.client(make.person(*Role))
    nobody = visit.client(None)
    urls = {*places.values(), *(f"/{address}" for address in ADDRESSES if not address.startswith("api/"))}
    for url in sorted(url for url in urls if "logout" not in url):
        # What nobody may reach does not read what nobody sends.
        for who, client in (("nobody", nobody), ("somebody", somebody)):
            if who == "nobody" and not re.match(OPEN, url):
                continue
            for what, body, kind in bodies():
                status = faults.watch(
                    f"{who} sends {what} to {url}",
                    lambda to=url, data=body, kind=kind, by=client: by.post(to, data, content_type=kind),
                )
                if status == 405:
                    break  # Only to be read: no body is looked at.
    assert not faults, "\n".join(faults)


def wrong_bodies(form: PageForm) -> Iterator[tuple[str, dict[str, str]]]:
    """The form as somebody filled it in, with one field wrong at a time."""
    good = {**form.filled(), "idempotency_key": str(uuid.uuid4())}
    yield "as it is", good
    names = [name for name in form.kinds if name != "csrfmiddlewaretoken"]
    alike, members = Counter[str](), Counter(map(family_of, names))
    shown = [name for name in names if form.kinds[name] != "hidden"]
    # No field takes it, and each says so whatever the others hold.
    yield "half a surrogate pair everywhere", {**good, **dict.fromkeys(shown, HALF)}
    # Of what the database refuses, a field that says so hides one that does not.
    for name in shown:
        if form.kinds[name] not in CHOSEN:
            yield f"{name}={NUL!r}", {**good, name: NUL}
    for name in names:
        # Of a grid's many fields that differ in a number only, two stand for all; the few of a small family are tried.
        alike[family := family_of(name)] += 1
        if alike[family] > (SMALL_FAMILY if members[family] <= SMALL_FAMILY else 2):
            continue
        for value in WRONG.get(form.kinds[name], TEXTS[:1]):
            yield f"{name}={value[:20]!r}", {**good, name: value}
        yield f"without {name}", {key: value for key, value in good.items() if key != name}


def family_of(name: str) -> str:
    """What fields of a grid have in common: the name without its numbers."""
    return re.sub(r"\d+", "", name)


def is_frame(form: PageForm) -> bool:
    """Whether the form stands in the frame of every page."""
    return "appearance" in form.action or "/views/" in form.action


@pytest.mark.parametrize("role", list(Role))
def test_no_field_of_any_form_is_a_fault(visit, places, faults, role):
    client = visit.client(make.person(role))
    seen = set()
    for name, url in places.items():
        # What everybody has is tried once, by the auditor.
        if MAY_READ[name] == frozenset(Role) and role != Role.AUDITOR:
            continue
        page = client.get(url)
        if page.status_code != 200 or page.streaming:
            continue
        for form in forms_of(page.content.decode(), url):
            shape = (form.action, *sorted(form.values))
            if shape in seen or "logout" in form.action or (is_frame(form) and role != Role.AUDITOR):
                continue
            seen.add(shape)
            for what, body in wrong_bodies(form):
                sent = encoded(body)
                faults.watch(
                    f"{form.action} with {what}", lambda to=form.action, d=sent: client.post(to, d, content_type=FORM)
                )
    assert seen or role == Role.EXECUTIVE
    assert not faults, "\n".join(faults)
