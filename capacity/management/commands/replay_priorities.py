"""`manage.py replay_priorities [--as-of MOMENT]`: exit code 1 where a stored decision comes out otherwise."""

import time
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from capacity.requests.replay import Replayed, replay_decisions, replay_rankings

# More would only repeat what the first few say.
MOST_TOLD = 20


def moment(text: str) -> datetime:
    """An ISO 8601 moment; UTC where it names no time zone. Raises ValueError."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = "Rank every stored decision again from the facts it was pinned to, under its own policy version."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", type=moment, help="only what was decided up to this moment (ISO 8601)")

    def handle(self, *args: Any, **options: Any) -> None:
        until, differences = options["as_of"], 0
        for name, made in (("rankings", replay_rankings(until=until)), ("decisions", replay_decisions(until=until))):
            began, count, other = time.monotonic(), 0, list[Replayed]()
            for one in made:
                count += 1
                if one.difference:
                    other.append(one)
            seconds = time.monotonic() - began
            self.stdout.write(f"  {name:<12}{count:>10,}{seconds:8.1f} s  {len(other):,} differences")
            for one in other[:MOST_TOLD]:
                self.stdout.write(f"      {one.request}, {name[:-1]} {one.key}: {one.difference}")
            differences += len(other)
        if differences:
            raise CommandError(f"{differences:,} stored decisions come out otherwise.")
