"""The forms of a page, filled in as a browser would send them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

# What a person would type into an empty field of each kind.
_TYPED = {
    "date": "2031-05-04",
    "number": "3",
    "email": "somebody@vorrang.example",
    "datetime-local": "2031-05-04T10:00",
}


@dataclass
class PageForm:
    """A form that posts: where to, what it holds as shown, and the kind of each field ("text", "date", "select")."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def filled(self) -> dict[str, str]:
        """What would be sent after something was typed into every empty field."""
        return {name: value or _TYPED.get(self.kinds[name], "Something") for name, value in self.values.items()}


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[PageForm] = []
        self.open: PageForm | None = None
        self.choice = self.text = ""

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            is_post = (given.get("method") or "").lower() == "post"
            self.open = PageForm(urljoin(self.url, given.get("action") or "")) if is_post else None
            if self.open:
                self.forms.append(self.open)
        if self.open is None:
            return
        name, kind = given.get("name") or "", given.get("type") or "text"
        if tag in ("input", "button") and name:
            if kind in ("checkbox", "radio") and "checked" not in given:
                self._put(name, self.open.values.get(name, given.get("value") or "on"), kind)
            elif kind != "file":
                self._put(name, given.get("value") or "", kind if tag == "input" else "button")
        elif tag == "select" and name:
            self.choice = name
            self._put(name, "", "select")
        elif tag == "option" and self.choice:
            value = given.get("value") or ""
            if "selected" in given or not self.open.values[self.choice]:
                self._put(self.choice, value, "select")
        elif tag == "textarea" and name:
            self.text = name
            self._put(name, "", "text")

    def handle_data(self, data):
        if self.open is not None and self.text:
            self.open.values[self.text] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = None
        elif tag == "select":
            self.choice = ""
        elif tag == "textarea":
            self.text = ""

    def _put(self, name, value, kind):
        self.open.values[name] = value
        self.open.kinds[name] = kind


def forms_of(html: str, url: str) -> Iterator[PageForm]:
    """The forms of a page at `url` that post, in their order."""
    reader = _Reader(url)
    reader.feed(html)
    yield from reader.forms
