"""Vorrang's settings with Django's admin beside it, for comparison only; the product itself has no admin."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.admin"]
ROOT_URLCONF = "bench._admin_urls"
SILENCED_SYSTEM_CHECKS = ["admin.E405", "admin.E406", "admin.E408", "admin.E409", "admin.E410"]
