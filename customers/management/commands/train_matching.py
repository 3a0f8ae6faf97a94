"""Learn from registers and verified claims what organizations are called."""

from django.core.management.base import BaseCommand, CommandError

from customers.actions.train_matching import train_matching
from kit.clock import now
from kit.refusal import Refusal
from users.access import SYSTEM


class Command(BaseCommand):
    help = "Learn from the imported registers and the verified claims how to propose sector categories."

    def handle(self, *args, **options):
        try:
            kept = train_matching(actor=SYSTEM, at=now())
        except Refusal as refusal:
            raise CommandError(f"{refusal} {refusal.remedy}".strip()) from refusal
        self.stdout.write(
            f"Learned from {kept.entries:,} entries; model {kept.pk} of {kept.trained_at:%Y-%m-%d %H:%M},"
            f" sha256 {kept.content_hash[:12]}."
        )
