"""Front-end files are copied from a white list, and the sprite holds the icons that are named."""

import pytest

from script.support import vendor
from script.support.steps import ROOT, CannotGoOn

OUTLINE = '<svg><path stroke="none" d="M0 0h24v24H0z" fill="none" />\n<path d="M5 12l9 9" /></svg>'


@pytest.fixture
def packages(tmp_path, monkeypatch):
    monkeypatch.setattr(vendor, "FOLDER", tmp_path / "vendor")
    monkeypatch.setattr(vendor, "ICONS", tmp_path / "icons.txt")
    for place in vendor.FILES.values():
        file = tmp_path / "packages" / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("body {}\n/*# sourceMappingURL=tabler.min.css.map */\n")
    for style, name in (("outline", "home"), ("filled", "star")):
        drawing = tmp_path / "packages" / "@tabler/icons/icons" / style / f"{name}.svg"
        drawing.parent.mkdir(parents=True)
        drawing.write_text(OUTLINE)
    return tmp_path / "packages"


def test_exactly_the_listed_files_arrive_without_their_source_maps(packages):
    vendor.copy_files(packages)
    assert {file.name for file in vendor.FOLDER.iterdir()} == {*vendor.FILES, "icons.svg"}
    assert (vendor.FOLDER / "tabler.min.css").read_text() == "body {}\n"


def test_the_sprite_has_the_named_icons_and_an_unknown_one_is_refused(packages):
    vendor.ICONS.write_text("# in use\nhome\nfilled/star  # for favorites\n\nhome\n")
    vendor.copy_files(packages)
    sprite = (vendor.FOLDER / "icons.svg").read_text()
    assert sprite.count("<symbol") == 2
    assert '<symbol id="home" viewBox="0 0 24 24" fill="none" stroke="currentColor"' in sprite
    assert '<symbol id="star-filled" viewBox="0 0 24 24" fill="currentColor"' in sprite
    assert "M0 0h24v24H0z" not in sprite
    vendor.ICONS.write_text("home\nhouse-of-cards\n")
    with pytest.raises(CannotGoOn, match="house-of-cards"):
        vendor.copy_files(packages)


def test_a_file_that_left_its_package_is_named(packages):
    (packages / vendor.FILES["htmx.min.js"]).unlink()
    with pytest.raises(CannotGoOn, match=r"htmx\.org/dist/htmx\.min\.js"):
        vendor.copy_files(packages)


def test_nothing_of_other_projects_is_committed_and_the_lock_names_no_address():
    ignored = (ROOT / ".gitignore").read_text().split()
    assert {"static/vendor/", "node_modules/"} <= set(ignored)
    assert "http" not in "".join(
        line for line in (ROOT / "package-lock.json").read_text().splitlines(True) if '"url"' not in line
    )
