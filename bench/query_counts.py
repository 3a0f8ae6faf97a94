"""SQL statements of each page at 100 and at 20,000 requests: `script/bench query_counts [--requests N]`.

Method: two demonstrations in one database, the first rolled back; each page is opened as the role that works with it,
twice, and the second time is counted, session and roles included. A list that fits on one page need not be counted by
the database, so one statement more is what the second page costs, however many follow; it is marked. Exits with 1
where a page asks for more than that with more rows, or more than twelve times.
"""

import argparse
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import dj_database_url
import django
import psycopg2

django.setup()

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse

from bench._measuring import browser, machine, page, statements, table
from capacity.requests.models import CapacityRequest, RequestState
from config.demo.build import Size, build_demo
from customers.models import Claim, ClaimState, Organization
from kit import clock
from priorities.models import Override

MOST = 12
GROWS, TOO_MANY = "grows", "too many"
FEW = 100


def pages() -> list[tuple[str, str]]:
    """Who opens what: every list, and one of everything."""
    waiting = CapacityRequest.objects.filter(state=RequestState.QUEUED).order_by("order_band", "pk")[0]
    declined = CapacityRequest.objects.filter(state=RequestState.DECLINED).order_by("pk")[0]
    claimed = Organization.objects.filter(claims__isnull=False).order_by("pk")[0]
    claim = Claim.objects.filter(state=ClaimState.IN_VERIFICATION).order_by("pk")[0]
    override = Override.objects.order_by("pk")[0]
    return [
        *((key, "/today/") for key in ("account", "verifier", "reviewer", "duty", "operator", "executive", "auditor")),
        ("reviewer", "/queue/"),
        ("reviewer", reverse("review:case", args=[waiting.public_id])),
        ("account", reverse("requests:requests")),
        ("reviewer", reverse("requests:request", args=[declined.public_id])),
        ("reviewer", reverse("customers:organizations")),
        ("reviewer", reverse("customers:organization", args=[claimed.public_id])),
        ("account", reverse("customers:portfolio")),
        ("verifier", reverse("customers:verification")),
        ("verifier", reverse("customers:case", args=[claim.public_id])),
        ("verifier", reverse("customers:registers")),
        ("duty", reverse("priorities:overrides")),
        ("duty", reverse("priorities:override", args=[override.public_id])),
        ("operator", reverse("regions:tiles")),
        ("operator", reverse("regions:table")),
        ("operator", reverse("regions:region", args=["westeurope"])),
        ("operator", reverse("pools:pool", args=["westeurope", "vcpu"])),
        ("operator", reverse("staffing:board")),
        ("operator", reverse("staffing:datacenter", args=["westeurope-1"])),
        ("operator", reverse("alarms:inbox")),
        ("operator", reverse("levers:levers")),
        ("editor", reverse("notices:notices")),
        ("executive", reverse("reports:executive")),
        ("auditor", reverse("journal:entries")),
        ("admin", reverse("users:people")),
        ("admin", reverse("users:duty")),
        ("", reverse("trust:overview", args=["de"])),
        ("", reverse("trust:policy", args=["de"])),
        ("", reverse("trust:notices", args=["de"])),
    ]


def count_all(size: Size) -> dict[tuple[str, str], int]:
    """Statements by role and by the page's address without ids, in a demonstration of this size."""
    build_demo(size, now=clock.now(), tell=lambda name, seconds: None)
    browsers = {}
    counts = {}
    for key, url in pages():
        client = browsers.get(key) or browsers.setdefault(key, browser(f"{key}@vorrang.example" if key else ""))
        page(client, url)
        shown = "/".join("<id>" if len(part) == 36 and part.count("-") == 4 else part for part in url.split("/"))
        counts[key or "nobody", shown] = statements(lambda client=client, url=url: page(client, url))
    return counts


def sweep_up() -> None:
    """Let the database forget the rows that were rolled back: it would plan for empty tables otherwise."""
    owner = dj_database_url.parse(settings.DATABASE_OWNER_URL or settings.DATABASE_URL)
    connected = psycopg2.connect(
        dbname=connection.settings_dict["NAME"],
        user=owner["USER"],
        password=owner["PASSWORD"] or None,
        host=owner["HOST"],
        port=owner["PORT"] or None,
    )
    connected.autocommit = True
    with connected.cursor() as cursor:
        cursor.execute("VACUUM")
    connected.close()


def _said(few: int, many: int) -> str:
    if many > MOST:
        return TOO_MANY
    return GROWS if many > few + 1 else "counts its pages" if many > few else ""


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench query_counts")
    parser.add_argument("--requests", type=int, default=20_000)
    options = parser.parse_args()
    with transaction.atomic():
        few = count_all(Size(organizations=100, requests=FEW))
        transaction.set_rollback(True)
    sweep_up()
    many = count_all(Size(requests=options.requests))
    rows = [("page", "as", f"{FEW:,}", f"{options.requests:,}", "")]
    for (role, url), count in few.items():
        rows.append((url, role, count, many[role, url], _said(count, many[role, url])))
    print(f"SQL statements per page at {FEW:,} and {options.requests:,} requests; {machine()}")
    print(table(rows))
    wrong = sum(row[-1] in (GROWS, TOO_MANY) for row in rows[1:])
    print(f"  {len(rows) - 1} pages, {wrong} of them out of line; most {max(many.values())}, bound {MOST}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
