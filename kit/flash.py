"""What just happened, in one sentence on the next page, with a way back where there is one.

Stands on Django's messages; the address of the undo form travels in `extra_tags`.
"""

from typing import Any

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

UNDO = "undo:"


def flash(request: HttpRequest, text: Any, undo_url: str | None = None) -> None:
    """Say that an act succeeded. `undo_url` takes a POST without fields that takes the act back."""
    messages.success(request, str(text), extra_tags=f"{UNDO}{undo_url}" if undo_url else "")


def warn(request: HttpRequest, text: Any) -> None:
    """Say that something succeeded only in part or needs another look."""
    messages.warning(request, str(text))


def undo_url(message: Message) -> str:
    """Where the undo of this message is posted to; empty where there is none."""
    tags = message.extra_tags or ""
    return tags.removeprefix(UNDO) if tags.startswith(UNDO) else ""
