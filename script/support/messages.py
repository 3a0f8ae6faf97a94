"""Keeps the German texts complete: collects every text marked for translation and merges it into the catalog."""

import argparse
import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from script.support.steps import ROOT, main

CATALOG = ROOT / "locale" / "de" / "LC_MESSAGES" / "django.po"
SOURCES = ("kit", "journal", "users", "customers", "priorities", "capacity", "config", "templates")
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
COMMENT_TAGS = ("Translators:",)


def keep(arguments: list[str]) -> int:
    """`script/messages`: merge; `--check`: fail when anything is missing; `--compile FILE`: write the .mo file."""
    parser = argparse.ArgumentParser(prog="script/messages", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when the catalog is not complete")
    parser.add_argument("--compile", type=Path, metavar="FILE", help="write the binary form of a catalog beside it")
    options = parser.parse_args(arguments)
    if options.compile:
        compile_catalog(options.compile)
        return 0
    catalog, found = read_catalog(CATALOG), collect(ROOT)
    if options.check:
        faults = faults_of(catalog, found)
        print(*faults or [f"{len(found)} texts, all translated."], sep="\n")
        return 1 if faults else 0
    merge(catalog, found)
    with CATALOG.open("wb") as file:
        write_po(file, catalog, width=120, include_lineno=False, ignore_obsolete=True, sort_by_file=True)
    open_ones = faults_of(catalog, found)
    print(*open_ones, f"{len(found)} texts, {len(open_ones)} to do in {CATALOG.relative_to(ROOT)}.", sep="\n")
    return 0


def collect(root: Path) -> Catalog:
    """Every marked text of the code and the templates below `root`, with the files it stands in."""
    found = Catalog()
    for file in sorted(path for source in SOURCES for path in (root / source).rglob("*") if path.is_file()):
        for text, comments, context in texts_of(file):
            found.add(text, locations=[(str(file.relative_to(root)), 0)], auto_comments=comments, context=context)
    return found


def texts_of(file: Path) -> Iterator[tuple]:
    """The marked texts of one file as (text or (singular, plural), comments, context)."""
    if file.suffix == ".py" and "migrations" not in file.parts:
        source = file.read_bytes()
    elif file.suffix in (".html", ".txt") and "templates" in file.parts:
        source = _as_python(file)
    else:
        return
    for _, text, comments, context in extract("python", io.BytesIO(source), KEYWORDS, COMMENT_TAGS):
        yield text, comments, context


def _as_python(template: Path) -> bytes:
    """Django's rendering of a template's texts as calls; in parentheses, its indentation means nothing."""
    from django.conf import settings
    from django.utils.translation.template import templatize

    if not settings.configured:
        settings.configure()
    return f"({templatize(template.read_text(encoding='utf-8'), origin=str(template))}\n)".encode()


def read_catalog(file: Path) -> Catalog:
    """The catalog as it is, or an empty German one."""
    if file.exists():
        with file.open("rb") as handle:
            return read_po(handle, locale="de")
    file.parent.mkdir(parents=True, exist_ok=True)
    return Catalog(locale="de", project="Vorrang", version="", fuzzy=False, charset="utf-8")


def merge(catalog: Catalog, found: Catalog) -> None:
    """Add what is new and drop what is gone; translations stay, and none is guessed from a similar text."""
    # The moment of the last merge says nothing and would make every merge a change.
    found.creation_date = catalog.creation_date
    catalog.update(found, no_fuzzy_matching=True)


def faults_of(catalog: Catalog, found: Catalog) -> list[str]:
    """What keeps the catalog from being complete, a line each: missing, fuzzy, obsolete, wrong placeholders."""
    faults = []
    for message in found:
        if not message.id:
            continue
        known = catalog.get(message.id, message.context)
        if known is None or not _is_translated(known):
            faults.append(_fault("missing", message))
        elif known.fuzzy:
            faults.append(_fault("fuzzy", message))
        else:
            faults += [_fault(str(error), message) for error in known.check(catalog)]
    wanted = {(message.id, message.context) for message in found}
    faults += [_fault("obsolete", known) for known in catalog if known.id and (known.id, known.context) not in wanted]
    return faults


def _is_translated(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, (tuple, list)) else bool(message.string)


def _fault(kind: str, message: Message) -> str:
    text = message.id if isinstance(message.id, str) else message.id[0]
    places = ", ".join(sorted({place for place, _ in message.locations}))
    return f"{kind}: {text!r}{f' ({places})' if places else ''}"


def compile_catalog(source: Path) -> None:
    """Write the .mo file beside a .po file; a text without a translation stays English."""
    with source.open("rb") as handle:
        catalog = read_po(handle, locale=source.parent.parent.name)
    draft = source.with_suffix(".mo.new")
    with draft.open("wb") as handle:
        write_mo(handle, catalog)
    draft.replace(source.with_suffix(".mo"))


if __name__ == "__main__":
    main(keep)
