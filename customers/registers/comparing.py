"""What an entry of a register says, and what it says otherwise than an older one."""

import json
from typing import Any

from customers.models import RegisterRow
from customers.registers.adapters import REGISTERS

# What an entry says, besides its kind: a register may call the same kind by another word one day.
COMPARED = ("name", "domain", "country", "region", "is_active", "details")


def says(row: str, register: str) -> str:
    """SQL: everything that is compared of a row, of the register with this code; takes the parameters of `declared`.

    A kind counts by the category it speaks for, because registers rename their kinds.
    """
    columns = ", ".join(f"{row}.{name}" for name in COMPARED)
    return f"""({columns}, COALESCE(NULLIF(COALESCE(
        %(kinds)s::jsonb #>> ARRAY[{register}, {row}.kind], %(default)s::jsonb ->> {register}
    ), ''), {row}.kind))"""


def declared() -> dict[str, str]:
    """What the registers say of their kinds, for `says`."""
    return {
        "kinds": json.dumps({code: dict(register.categories) for code, register in REGISTERS.items()}),
        "default": json.dumps({code: register.category for code, register in REGISTERS.items()}),
    }


def differences(before: RegisterRow, entry: RegisterRow) -> list[tuple[str, str, str]]:
    """What an entry says otherwise than before: name of the field, before, now. Details stand by their columns."""
    told = []
    old_facts, new_facts = _flat(before), _flat(entry)
    for name in dict.fromkeys((*old_facts, *new_facts)):
        old, new = old_facts.get(name, ""), new_facts.get(name, "")
        if old != new:
            told.append((name, str(old), str(new)))
    return told


def _flat(entry: RegisterRow) -> dict[str, Any]:
    facts = {name: getattr(entry, name) for name in (*COMPARED, "kind") if name != "details"}
    return facts | entry.details
