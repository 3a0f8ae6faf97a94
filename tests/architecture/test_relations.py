"""Relations between tables point downward, as imports do; a foreign key named by a string hides from those."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

ROOT = Path(__file__).resolve().parents[2]

# From the top down, as in docs/architecture.md. An app may point at itself and at those below it.
APPS = ["capacity", "priorities", "customers", "users", "journal", "kit"]
# The slices of `capacity`, from the last stage of the work to the first.
SLICES = [
    "desk",
    "trust",
    "reports",
    "response",
    "campaigns",
    "notices",
    "figures",
    "review",
    "intake",
    "watch",
    "allocation",
    "requests",
    "levers",
    "usage",
    "deliveries",
    "pools",
    "staffing",
    "alarms",
    "regions",
]
OWN = [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in APPS]


def place(model: type[models.Model]) -> tuple[int, int]:
    """How high a model stands: its app, then its slice; larger is lower."""
    app = model._meta.app_label
    if app != "capacity":
        return APPS.index(app), 0
    owner = model._meta.auto_created or model
    return APPS.index(app), SLICES.index(owner.__module__.split(".")[1])


def relations(model: type[models.Model]) -> list[models.Field]:
    """The fields of a model that point at another."""
    fields = [*model._meta.local_fields, *model._meta.local_many_to_many]
    return [field for field in fields if field.is_relation]


@pytest.mark.parametrize("model", OWN, ids=lambda model: model._meta.label)
def test_relations_point_downward(model):
    for field in relations(model):
        target = field.related_model
        assert target is not None, f"{field}: a generic relation points anywhere"
        if target._meta.app_label in APPS:
            assert place(target) >= place(model), f"{field} points upward at {target._meta.label}"


def test_every_slice_has_its_place():
    folders = {path.parent.name for path in (ROOT / "capacity").glob("*/__init__.py")}
    assert folders - {"migrations", "management"} <= set(SLICES), "a new slice belongs into the order"


def test_the_order_is_the_one_that_imports_are_held_to():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    slices = [line for line in text.splitlines() if line.strip().startswith('"(')]
    named = [name.strip(' "()') for line in slices for name in line.rstrip(",").split(",") if name.strip()]
    assert named == SLICES
    assert f'layers = ["config", {", ".join(map(repr, APPS))}]'.replace("'", '"') in text


def test_nothing_is_generic_signalled_or_saved_behind_one_s_back():
    """House rules that a reader could miss: no generic keys, no signals, no `save` overrides, no utils."""
    faults = []
    for path in sources():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = path.relative_to(ROOT)
        if path.stem in {"utils", "helpers", "common", "misc"}:
            faults.append(f"{name}: a name that says nothing")
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in {"django.db.models.signals", "django.dispatch"}:
                faults.append(f"{name}:{node.lineno}: signals")
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.contrib.contenttypes"):
                faults.append(f"{name}:{node.lineno}: generic relations")
            if isinstance(node, ast.FunctionDef) and node.name == "save" and _is_model_like(tree, node):
                faults.append(f"{name}:{node.lineno}: a `save` override")
    assert not faults


def test_only_views_commands_and_tasks_ask_what_time_it_is():
    """Actions, queries and pure cores are handed the moment, so that any of them can be replayed."""
    faults = []
    for path in sources():
        parts = set(path.relative_to(ROOT).parts)
        if path.name.startswith("seed_"):
            continue  # the body of a command that is handed nothing
        if "actions" not in parts and path.name not in {"queries.py", "access.py", "models.py"}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module in {"kit.clock", "django.utils.timezone"}:
                faults.append(f"{path.relative_to(ROOT)}:{node.lineno}")
            if isinstance(node, ast.ImportFrom) and node.module == "kit" and any(a.name == "clock" for a in node.names):
                faults.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not faults, "these ask the clock themselves"


def sources() -> list[Path]:
    """Our own modules, without migrations."""
    return sorted(
        path
        for app in [*APPS, "config"]
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.relative_to(ROOT).parts
    )


def _is_model_like(tree: ast.Module, method: ast.FunctionDef) -> bool:
    """Whether the method stands in a class of a models module; serializers and forms may have their own."""
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and method in node.body]
    bases = {ast.unparse(base) for node in classes for base in node.bases}
    return bool(bases & {"models.Model", "Public", "AppendOnly"})
