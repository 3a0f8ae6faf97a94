"""What may be uploaded as evidence: PDF, PNG and JPEG that are what they say and hold nothing that acts.

Nothing here is ever opened by us again: files are kept under names of our own and given out as downloads only.
"""

import io
import re
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

from kit.refusal import Invalid

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_NAME = 120

PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
ENDINGS = {PDF: ("pdf",), PNG: ("png",), JPEG: ("jpg", "jpeg")}
_MAGIC = {b"%PDF-": PDF, b"\x89PNG\r\n\x1a\n": PNG, b"\xff\xd8\xff": JPEG}

# Names of PDF (ISO 32000) for what runs, opens or sends something, carries other files, or cannot be looked into.
_ACTIVE = re.compile(
    rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|GoToE|SubmitForm|ImportData|Rendition|Movie|Sound|Encrypt)"
    rb"(?![A-Za-z0-9])"
)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_PACKED = re.compile(rb"/ObjStm.{0,400}?stream\r?\n(.*?)endstream", re.DOTALL)
# Packed parts are unpacked to look into them, within bounds that no letter reaches.
_MAX_PACKED, _MAX_UNPACKED = 400, 8 * 1024 * 1024
# What a browser or server would run, were a file ever taken for something else.
_MARKUP = re.compile(rb"<(script|html|svg|iframe|\?php|!doctype)", re.IGNORECASE)
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_JPEG_END = b"\xff\xd9"


class FileRefused(Invalid):
    """The file cannot be taken; `code` in `values` says what is wrong with it."""

    code = "file_refused"

    def __init__(self, what: str, message: Any) -> None:
        super().__init__({"file": [message]}, what=what)


_SENTENCES = {
    "empty": _("The file is empty."),
    "too_large": _("The file is larger than 10 MB."),
    "kind": _("Only PDF, PNG and JPEG files are taken."),
    "ending": _("The file's content is not what its ending says."),
    "broken": _("The file is damaged or cut off."),
    "too_many_pixels": _("The picture has more than 40 million pixels."),
    "animated": _("Moving pictures are not taken."),
    "active": _(
        "The file holds something that acts: scripts, other files, forms or encryption. Print it into a new PDF."
    ),
    "markup": _("The file holds program text. Save the picture anew without its comments."),
    "appended": _("Something is appended to the picture. Save it anew."),
}


@dataclass(frozen=True)
class Inspected:
    """What a file is: its media type, and the name it came with, made harmless to show."""

    media_type: str
    name: str

    @property
    def ending(self) -> str:
        """The ending that belongs to the type."""
        return ENDINGS[self.media_type][0]


def inspect(content: bytes, name: str) -> Inspected:
    """Look at an uploaded file. Raises `FileRefused`."""
    if not content:
        raise _refused("empty")
    if len(content) > MAX_BYTES:
        raise _refused("too_large")
    media_type = next((kind for magic, kind in _MAGIC.items() if content.startswith(magic)), None)
    if media_type is None:
        raise _refused("kind")
    shown = shown_name(name)
    if shown.rpartition(".")[2].lower() not in ENDINGS[media_type]:
        raise _refused("ending")
    if media_type == PDF:
        _look_into_pdf(content)
    else:
        _look_into_picture(content, media_type)
    return Inspected(media_type, shown)


def shown_name(name: str) -> str:
    """A file's name without folders and without signs that are not seen, turn the text around or break lines."""
    last = re.split(r"[/\\\\]", name)[-1]
    kept = "".join(sign for sign in unicodedata.normalize("NFC", last) if unicodedata.category(sign)[0] != "C")
    stem, dot, ending = kept.strip().rpartition(".")
    return f"{stem[: MAX_NAME - 1 - len(ending)]}{dot}{ending}"[:MAX_NAME]


def _look_into_pdf(content: bytes) -> None:
    if b"%%EOF" not in content[-1024:]:
        raise _refused("broken")
    if _MARKUP.search(content[:1024]):
        raise _refused("markup")
    for part in (content, *_unpacked(content)):
        # A name may be written with escapes: /J#61vaScript.
        if _ACTIVE.search(_ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), part)):
            raise _refused("active")


def _unpacked(content: bytes) -> Iterator[bytes]:
    room = _MAX_UNPACKED
    for number, found in enumerate(_PACKED.finditer(content)):
        unpacking = zlib.decompressobj()
        try:
            part = unpacking.decompress(found[1], room)
        except zlib.error:
            part = found[1]
        room -= len(part)
        if room <= 0 or unpacking.unconsumed_tail or number >= _MAX_PACKED:
            raise _refused("active")
        yield part


def _look_into_picture(content: bytes, media_type: str) -> None:
    if _MARKUP.search(content):
        raise _refused("markup")
    if not content.endswith(_PNG_END if media_type == PNG else _JPEG_END):
        raise _refused("appended" if (_PNG_END if media_type == PNG else _JPEG_END) in content else "broken")
    try:
        # The header alone: nothing is decoded before its size is known.
        with Image.open(io.BytesIO(content), formats=("PNG",) if media_type == PNG else ("JPEG",)) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise _refused("too_many_pixels")
            if getattr(picture, "is_animated", False):
                raise _refused("animated")
            picture.verify()
    except FileRefused:
        raise
    except Image.DecompressionBombError as error:
        raise _refused("too_many_pixels") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise _refused("broken") from error


def _refused(what: str) -> FileRefused:
    return FileRefused(what, _SENTENCES[what])
