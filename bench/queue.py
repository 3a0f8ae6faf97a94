"""The review queue beside Django's admin on the same rows: `script/bench queue [--runs N] [--requests N]`.

Method: one demonstration; the first fifty of everything that is open, in the published order; Vorrang's page, Django's
admin tuned and as first written, and the same fifty rows as bare JSON take turns in one process, through the same
middleware. Reported are medians of the time on the clock, so the ratios hold on a busy machine, too.
"""

import argparse
import json
import os
import time

os.environ["DJANGO_SETTINGS_MODULE"] = "bench._admin_settings"

import django

django.setup()

from bench._measuring import alternating, browser, described, machine, page, ratio, statements, table
from capacity.requests.models import OPEN_STATES, CapacityRequest
from capacity.review.queries import queue_rows
from config.demo.build import Size, build_demo, is_empty
from kit import clock

PAGE = 50


def bare_rows() -> bytes:
    """The least that the page's rows can cost: one question, one JSON document."""
    rows = queue_rows(CapacityRequest.objects.filter(state__in=OPEN_STATES))
    rows = rows.order_by("order_standing", "order_band", "order_behind", "order_at", "number")[:PAGE]
    return json.dumps(
        [
            [row.organization.legal_name, row.label, row.claimed_tier, row.asked, row.accepted, row.workload.name]
            for row in rows
        ]
    ).encode()


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench queue")
    parser.add_argument("--runs", type=int, default=60, help="runs of each (default %(default)s)")
    parser.add_argument("--requests", type=int, default=20_000)
    options = parser.parse_args()
    if is_empty():
        began = time.monotonic()
        build_demo(Size(requests=options.requests), now=clock.now(), tell=lambda name, seconds: None)
        print(f"Demonstration built in {time.monotonic() - began:.0f} s.")
    client = browser("reviewer@vorrang.example")
    ours, tuned, naive = "/queue/", "/tuned/capacity/capacityrequest/", "/naive/capacity/capacityrequest/"
    acts = [lambda url=url: page(client, url) for url in (ours, tuned, naive)] + [bare_rows]
    names = ["Vorrang, /queue/", "Django admin, tuned", "Django admin, as first written", "the rows as bare JSON"]
    samples = alternating(options.runs, 5, *acts)
    pending = CapacityRequest.objects.filter(state__in=OPEN_STATES).count()
    print(f"{pending:,} open of {CapacityRequest.objects.count():,} requests, first {PAGE}; {machine()}")
    print(f"N = {options.runs} runs of each, in turn, after 5 to warm up; one process, no network")
    for name, sample in zip(names, samples, strict=True):
        print(described(name, sample))
    print(
        table(
            [
                ("", "SQL statements", "kB"),
                *((name, statements(act), f"{len(act()) / 1000:.0f}") for name, act in zip(names, acts, strict=True)),
            ]
        )
    )
    print(f"  the tuned admin takes {ratio(samples[1], samples[0])} times as long as Vorrang")
    print(f"  the admin as first written takes {ratio(samples[2], samples[0])} times as long")
    print(f"  Vorrang takes {ratio(samples[0], samples[3])} times as long as its bare rows")


if __name__ == "__main__":
    main()
