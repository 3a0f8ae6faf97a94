"""Fill the reference data that every installation starts with. Repeating it changes nothing."""

from django.core.management.base import BaseCommand

from capacity.pools.actions.seed_resources import seed_resources
from customers.actions.seed_categories import seed_categories
from priorities.actions.seed_policy import seed_policy


class Command(BaseCommand):
    help = "Sector categories, workload classes, resources and the default policy."

    def handle(self, *args, **options):
        seed_categories()
        seed_policy()
        seed_resources()
        self.stdout.write("Reference data is in place.")
