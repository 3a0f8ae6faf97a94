"""What the pages of `tests.kit.pages` need besides the product's own templates."""

import pytest

TEMPLATES = {
    "tests/parent.html": "<i>{{ row.parent }}</i>",
    "tests/form.html": (
        '{% extends "layouts/staff.html" %}{% block content %}<form method="post">'
        "{% command_fields %}{% form_fields form %}<button>Add</button></form>{% endblock %}"
    ),
}


@pytest.fixture
def test_templates(settings):
    """The templates above, in front of the product's."""
    engine = settings.TEMPLATES[0]
    loaders = [
        ("django.template.loaders.locmem.Loader", TEMPLATES),
        "django.template.loaders.filesystem.Loader",
        "django.template.loaders.app_directories.Loader",
    ]
    loaders = [("django.template.loaders.cached.Loader", loaders)]
    settings.TEMPLATES = [{**engine, "APP_DIRS": False, "OPTIONS": {**engine["OPTIONS"], "loaders": loaders}}]
