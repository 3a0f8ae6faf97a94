"""Open the account of the first administrator and print the link that sets its password."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.urls import reverse

from kit.clock import now
from kit.refusal import Refusal
from users.actions.found_administration import found_administration


class Command(BaseCommand):
    help = "Open the account of the first administrator, who then invites everybody else."

    def add_arguments(self, parser):
        parser.add_argument("email", help="The address to sign in with.")
        parser.add_argument("name", help="As others see it.")
        parser.add_argument("--site", default="", help="The address of the site, such as https://vorrang.example")

    def handle(self, *args, **options):
        try:
            validate_email(options["email"])
            person = found_administration(email=options["email"], name=options["name"], at=now())
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        key = default_token_generator.make_token(person)
        link = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(person), key])
        self.stdout.write(f"Open this once to set the password: {options['site'].rstrip('/')}{link}")
