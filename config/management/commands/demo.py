"""`manage.py demo [--if-empty] [--seed N] [--organizations N] [--requests N]`."""

import argparse
import os
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demo.build import Size, build_demo, is_empty
from kit import clock


class Command(BaseCommand):
    help = "Fill an empty database with an invented crisis: regions, crews, customers, requests, decisions."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing where there is data already")
        parser.add_argument("--seed", type=int, default=Size.seed, help="another number tells another story")
        parser.add_argument("--organizations", type=_count, default=Size.organizations)
        parser.add_argument("--requests", type=_count, default=Size.requests)

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_empty():
            if options["if_empty"]:
                return
            raise CommandError(
                "This database has data already; the demonstration is for an empty one."
                " Set VORRANG_DATA_DIR to another folder, or remove this one's."
            )
        if settings.IN_PRODUCTION:
            # Everybody knows its passwords.
            raise CommandError("The demonstration is not for production.")
        began = time.monotonic()
        size = Size(options["organizations"], options["requests"], options["seed"])
        if options["if_empty"] and (told := os.environ.get("VORRANG_DEMO_SIZE")):
            # The first start of a server: smaller where somebody only wants to see that it starts.
            organizations, requests = map(_count, told.split(","))
            size = Size(organizations, requests, options["seed"])
        self.stdout.write(f"  Demonstration: {size.organizations:,} organizations, {size.requests:,} requests")
        build_demo(size, now=clock.now(), tell=self._tell)
        self._tell("Demonstration in all", time.monotonic() - began)

    def _tell(self, name: str, seconds: float) -> None:
        self.stdout.write(f"  {name:<46}{seconds:7.1f} s")
        self.stdout.flush()


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 100 <= int(text) <= 200_000):
        raise argparse.ArgumentTypeError(f"{text} is not a number from 100 to 200,000")
    return int(text)
