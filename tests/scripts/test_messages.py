"""No text is left untranslated unnoticed, and no merge loses or guesses a translation."""

import gettext

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from script.support import messages


@pytest.fixture
def house(tmp_path):
    """A small project: one Python file, one template."""
    (tmp_path / "kit").mkdir()
    (tmp_path / "templates" / "pages").mkdir(parents=True)
    (tmp_path / "kit" / "words.py").write_text(
        "from django.utils.translation import gettext_lazy as _, ngettext, pgettext_lazy\n"
        "TITLE = _('Queue')\n"
        "def count(n):\n    return ngettext('%(n)s request', '%(n)s requests', n)\n"
        "MAY = pgettext_lazy('month', 'May')\n"
        "name = 'Queue'\nNOT = f'not a text {name}'\n"
    )
    (tmp_path / "templates" / "pages" / "page.html").write_text(
        "<h1>\n      {% translate 'Regions' %}</h1>\n   <p title=\"{{ _('Hint') }}\">\n"
        "{% blocktranslate trimmed count number=rows|length %}\n  One row\n{% plural %}\n"
        "  {{ number }} rows\n{% endblocktranslate %}</p> 'unbalanced \" quote\n"
    )
    return tmp_path


def texts(catalog):
    return {(message.id, message.context) for message in catalog if message.id}


def test_texts_of_code_and_templates_are_found_whatever_their_indentation(house):
    assert texts(messages.collect(house)) == {
        ("Queue", None),
        (("%(n)s request", "%(n)s requests"), None),
        ("May", "month"),
        ("Regions", None),
        ("Hint", None),
        (("One row", "%(number)s rows"), None),
    }


def german(**translations):
    catalog = Catalog(locale="de", fuzzy=False)
    for text, translation in translations.items():
        catalog.add(text, translation)
    return catalog


def found(*texts):
    catalog = Catalog()
    for text in texts:
        catalog.add(text, locations=[("kit/words.py", 0)])
    return catalog


def test_missing_fuzzy_obsolete_and_broken_texts_each_fail_the_check():
    catalog = german(Queue="Warteschlange", Gone="Weg")
    catalog.add("Region", "")
    catalog.add("Tier", "Stufe", flags=["fuzzy"])
    catalog.add("%(count)s left", "%(zahl)s übrig", flags=["python-format"])
    wanted = found("Queue", "Region", "Tier", "%(count)s left", "New")
    faults = messages.faults_of(catalog, wanted)
    assert [fault.partition(":")[0] for fault in faults if "left" not in fault] == [
        "missing",
        "fuzzy",
        "missing",
        "obsolete",
    ]
    assert any("left" in fault for fault in faults), "another placeholder than the source has"
    assert messages.faults_of(german(Queue="Warteschlange"), found("Queue")) == []


def test_a_merge_keeps_translations_drops_what_is_gone_and_guesses_nothing():
    catalog = german(Queue="Warteschlange", Gone="Weg")
    messages.merge(catalog, found("Queue", "Queues"))
    assert {message.id: message.string for message in catalog if message.id} == {
        "Queue": "Warteschlange",
        "Queues": None,
    }


def test_the_compiled_catalog_is_what_gettext_reads(tmp_path):
    source = tmp_path / "de" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    with source.open("wb") as file:
        write_po(file, german(Queue="Warteschlange"))
    messages.compile_catalog(source)
    assert gettext.translation("django", tmp_path, ["de"]).gettext("Queue") == "Warteschlange"
