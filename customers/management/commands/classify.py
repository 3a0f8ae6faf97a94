"""Propose a sector category for every organization of a file."""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from customers.proposals import Asked, propose_for
from kit.csvfiles import CannotReadFile, CsvRow, read_csv

REQUIRED = ("id", "name")
OPTIONAL = ("country", "region", "domain")
COLUMNS = ("id", "category", "family", "confidence", "proposed")
MAX_BYTES = 200 * 1024 * 1024
MAX_ROWS = 1_000_000
BETWEEN = "|"  # between several domains in one cell


class Command(BaseCommand):
    help = (
        "Propose a sector category for each row of a CSV file with the columns id, name, country, region, domain."
        " Proposals only: a verifier decides."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="CSV with the columns id, name, country, region, domain")
        parser.add_argument("--output", type=Path, required=True, help="the CSV file to write")
        parser.add_argument(
            "--without-registers",
            action="store_true",
            help="look up no register entries; what was learned from registers is still used",
        )

    def handle(self, *args, **options):
        try:
            rows = _read(options["file"])
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror or error}") from error
        except CannotReadFile as refusal:
            raise CommandError(f"{options['file']}: {refusal}") from refusal
        good = [row for row in rows if not row.problem]
        proposals = propose_for([_asked(row.values) for row in good], with_registers=not options["without_registers"])
        written = [(row.values["id"], ranked[0]) for row, ranked in zip(good, proposals, strict=True)]
        try:
            _write(
                options["output"],
                (
                    (key, best.category, best.family, f"{best.confidence / 1000:.3f}", str(best.is_offered).lower())
                    for key, best in written
                ),
            )
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error.strerror or error}") from error
        offered = sum(best.is_offered for _key, best in written)
        self.stdout.write(f"{len(written):,} organizations classified, {offered:,} of them without a choice to make.")
        bad = [row for row in rows if row.problem]
        for row in bad[:20]:
            self.stderr.write(f"  row {row.number}: {row.problem}")
        if bad:
            raise CommandError(f"{len(bad):,} rows could not be read and are not in {options['output']}.")


def _read(path: Path) -> list[CsvRow]:
    content = path.read_bytes()
    # Further columns are no business of ours; the reader refuses only what it cannot tell apart.
    first = content[:20_000].decode("utf-8-sig", "replace").lstrip().splitlines()[:1]
    separator = max(",;\t", key=first[0].count) if first else ","
    named = next(csv.reader(first, delimiter=separator), [])
    known = {column.casefold() for column in (*REQUIRED, *OPTIONAL)}
    others = [name.strip() for name in named if name.strip() and name.strip().casefold() not in known]
    return list(
        read_csv(
            io.BytesIO(content),
            required=REQUIRED,
            optional=(*OPTIONAL, *others),
            max_bytes=MAX_BYTES,
            max_rows=MAX_ROWS,
        )
    )


def _asked(values: dict[str, str]) -> Asked:
    domains = tuple(part.strip() for part in values.get("domain", "").split(BETWEEN) if part.strip())
    return Asked(values["name"], values.get("country", "").upper(), domains)


def _write(path: Path, rows: Iterable[tuple[str, ...]]) -> None:
    # Beside the target and moved over it: whoever reads it meanwhile finds the old file or the whole new one.
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(rows)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
