"""Every act that the code records has words for people, and every subject a name."""

import ast
import re
from collections.abc import Iterator

from config.journal_words import ACTIONS, SUBJECTS
from tests.architecture.test_relations import ROOT, sources

RECORDERS = {"record", "new_entry", "record_alike"}
# What comes after a dot in texts that name a column or a file.
NO_ACTS = {"code", "csv", "legal_name", "name", "order", "public_id", "unit"}


def told(keyword: str) -> Iterator[tuple[str, str]]:
    """Each constant given to `record` under this keyword, with where; anything but a constant counts as a fault."""
    for path in sources():
        if path.name == "record.py" and path.parent.name == "journal":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") in RECORDERS):
                continue
            for argument in node.keywords:
                if argument.arg == keyword:
                    where = f"{path.relative_to(ROOT)}:{node.lineno}"
                    yield from ((value, where) for value in _constants(argument.value))


def _constants(node: ast.expr) -> Iterator[str]:
    """The texts an expression can be, as far as they stand in the source."""
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)


def spoken_of() -> Iterator[tuple[str, str]]:
    """Every text in the source that looks like an act on a subject that has acts; helpers pass them on."""
    nouns = {action.partition(".")[0] for action in ACTIONS}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found = re.fullmatch(r"([a-z_]+)\.([a-z_]+)", node.value)
                if found and found[1] in nouns and found[2] not in NO_ACTS:
                    yield node.value, f"{path.relative_to(ROOT)}:{node.lineno}"


def test_every_recorded_action_has_words():
    acts = {*told("action"), *spoken_of()}
    without = {f"{action} ({where})" for action, where in acts if action not in ACTIONS}
    assert not without, "name them in config/journal_words.py"


def test_every_kind_of_subject_has_words():
    without = {f"{subject} ({where})" for subject, where in told("subject_type") if subject not in SUBJECTS}
    assert not without, "name them in config/journal_words.py"


def test_no_words_are_left_of_acts_that_nobody_records():
    source = "\n".join(path.read_text(encoding="utf-8") for path in sources() if path.name != "journal_words.py")
    assert not [action for action in ACTIONS if action not in source]
    assert not [subject for subject in SUBJECTS if f'"{subject}"' not in source]


def test_actions_are_named_as_what_happened():
    for action in ACTIONS:
        subject, _, verb = action.partition(".")
        assert subject.isidentifier(), action
        assert verb.isidentifier(), action
