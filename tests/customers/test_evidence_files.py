"""Files of evidence: what is taken, what is refused, where it lies and how it is given out."""

import hashlib
import io
import sys
import zlib
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from customers.access import OwnEvidence
from customers.actions.add_evidence import Item
from customers.actions.attach_file import MOST_FILES, AlreadyChecked, NotAPaper, TooManyFiles, attach_file
from customers.actions.check_evidence import NothingToRead, check_evidence
from customers.actions.sweep_files import sweep_files
from customers.actions.take_up_claim import take_up_claim
from customers.models import EvidenceFile, EvidenceKind
from customers.proofs.documents import MAX_BYTES, FileRefused, inspect, shown_name
from customers.proofs.scanner import Infected, ScannerUnavailable, scan
from kit.clock import now
from tests import make
from tests.sql import refused
from users.roles import Role

PDF = b"%PDF-1.7\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"


def picture(kind="PNG", size=(40, 30), **options):
    made = io.BytesIO()
    Image.new("L", size).save(made, kind, **options)
    return made.getvalue()


PNG, JPEG = picture(), picture("JPEG")


def pdf(inside):
    return PDF.replace(b"/Type /Catalog", b"/Type /Catalog " + inside)


def packed(inside, times=1):
    stream = zlib.compress(inside * times)
    return PDF.replace(b"trailer", b"3 0 obj <</Type /ObjStm /N 1>> stream\n" + stream + b"\nendstream endobj trailer")


def bomb_png(width, height):
    """A picture that claims more pixels than it has."""
    import struct

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + PNG[33:]


EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
ACTIVE = [
    b"/JavaScript (app.alert(1))", b"/JS (x)", b"/J#53 (x)", b"/J#61vaScript (x)", b"/Launch /cmd",
    b"/EmbeddedFile 4 0 R",
    b"/EmbeddedFiles 4 0 R", b"/RichMedia 5 0 R", b"/XFA [1 0 R]", b"/GoToE (other.pdf)", b"/SubmitForm (https://x)",
    b"/ImportData (x)", b"/Encrypt 9 0 R", b"/Rendition 3 0 R", b"/#4A#53(x)",
]  # fmt: skip
HOSTILE = [
    *((f"active {number}", pdf(inside), "letter.pdf") for number, inside in enumerate(ACTIVE)),
    ("packed script", packed(b"<</S /JavaScript /JS (x)>>"), "letter.pdf"),
    ("packed bomb", packed(b"0" * 1024, 20_000), "letter.pdf"),
    ("cut pdf", PDF[:-6], "letter.pdf"),
    ("page in a pdf", b"%PDF-1.4\n<html><script>alert(1)</script>\n%%EOF", "letter.pdf"),
    ("only magic", b"%PDF-", "letter.pdf"),
    ("late magic", b"\n\n" + PDF, "letter.pdf"),
    ("web page", b"<!doctype html><script>alert(1)</script>", "letter.html"),
    ("web page as pdf", b"<html></html>", "letter.pdf"),
    ("svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "logo.svg"),
    ("svg as png", b"<svg onload='alert(1)'/>", "logo.png"),
    ("zip", b"PK\x03\x04" + b"0" * 100, "letter.zip"),
    ("word file", b"PK\x03\x04[Content_Types].xml", "letter.docx"),
    ("old word file", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "letter.doc"),
    ("program", b"MZ\x90\x00", "letter.exe"),
    ("program as pdf", b"MZ\x90\x00", "letter.pdf"),
    ("elf", b"\x7fELF", "letter.pdf"),
    ("script", b"#!/bin/sh\nrm -rf /", "letter.pdf"),
    ("postscript", b"%!PS-Adobe-3.0 EPSF-3.0", "letter.pdf"),
    ("gif", b"GIF89a" + b"0" * 20, "logo.gif"),
    ("gif as png", b"GIF89a" + b"0" * 20, "logo.png"),
    ("tiff", b"II*\x00" + b"0" * 20, "scan.tif"),
    ("webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "scan.webp"),
    ("bmp", b"BM" + b"0" * 60, "scan.bmp"),
    ("pdf called exe", PDF, "letter.pdf.exe"),
    ("pdf called png", PDF, "letter.png"),
    ("png called jpg", PNG, "scan.jpg"),
    ("no ending", PDF, "letter"),
    ("hidden ending", PDF, "letter.exe\x00.pdf.com"),
    ("empty", b"", "letter.pdf"),
    ("too large", PDF + b"0" * MAX_BYTES, "letter.pdf"),
    ("huge picture", bomb_png(60_000, 60_000), "scan.png"),
    ("wide picture", bomb_png(2**31 - 1, 1), "scan.png"),
    ("moving picture", picture(save_all=True, append_images=[Image.new("L", (40, 30), 9)]), "scan.png"),
    ("cut png", PNG[:-20], "scan.png"),
    ("cut jpeg", JPEG[:-10], "scan.jpg"),
    ("damaged png", PNG[:50] + b"\x00\x00" + PNG[52:], "scan.png"),
    ("png with a zip", PNG + b"PK\x03\x04", "scan.png"),
    ("png with a page", PNG + b"<script>alert(1)</script>", "scan.png"),
    ("jpeg with a zip", JPEG + b"PK\x03\x04", "scan.jpg"),
    ("jpeg with php in a comment", picture("JPEG", comment=b"<?php system($_GET[1]);"), "scan.jpg"),
    ("jpeg of nothing", b"\xff\xd8\xff\xd9", "scan.jpg"),
    ("test virus", EICAR, "letter.pdf"),
]


@pytest.mark.parametrize(("content", "name"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_hostile_file_is_refused_with_a_sentence(content, name):
    with pytest.raises(FileRefused) as refusal:
        inspect(content, name)
    assert len(str(refusal.value.fields["file"][0])) > 10


def test_more_than_forty_hostile_files_were_tried():
    assert len(HOSTILE) >= 40


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (PDF, "Bescheid 12-2020.pdf", "application/pdf"),
        (PDF, "BESCHEID.PDF", "application/pdf"),
        (pdf(b"/OpenAction [3 0 R /Fit]"), "letter.pdf", "application/pdf"),
        (packed(b"<</Type /Font>>"), "letter.pdf", "application/pdf"),
        (PNG, "scan.png", "image/png"),
        (JPEG, "scan.jpeg", "image/jpeg"),
        (picture("JPEG", size=(5_000, 5_000)), "scan.jpg", "image/jpeg"),
    ],
)
def test_an_honest_file_is_taken(content, name, kind):
    assert inspect(content, name).media_type == kind


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Windows\\letter.pdf", "letter.pdf"),
        ("letter\r\nSet-Cookie: x.pdf", "letterSet-Cookie: x.pdf"),
        ("gpj.\u202efdp.pdf", "gpj.fdp.pdf"),
        ("a" * 400 + ".pdf", "a" * 116 + ".pdf"),
    ],
)
def test_names_are_shown_harmless(given, shown):
    assert shown_name(given) == shown


# --- the scanner -------------------------------------------------------------------------------------


def scanner(settings, code):
    settings.EVIDENCE_SCAN_COMMAND = f'{sys.executable} -c "{code}"'


def test_the_scanner_is_asked_and_whatever_fails_takes_no_file(settings):
    eicar = "import sys; sys.exit(1 if b'EICAR' in sys.stdin.buffer.read() else 0)"
    scanner(settings, eicar)
    assert scan(PDF).startswith("python")
    with pytest.raises(Infected):
        scan(EICAR)
    for broken in ("import sys; sys.exit(2)", "raise SystemExit('no database')", "import os; os.kill(os.getpid(), 9)"):
        scanner(settings, broken)
        with pytest.raises((ScannerUnavailable, Infected)):
            scan(PDF)
    settings.EVIDENCE_SCAN_COMMAND = "/nowhere/clamdscan -"
    with pytest.raises(ScannerUnavailable):
        scan(PDF)
    settings.EVIDENCE_SCAN_COMMAND = ""
    assert scan(PDF) == ""
    settings.EVIDENCE_SCAN_REQUIRED = True
    with pytest.raises(ScannerUnavailable):
        scan(PDF)


# --- attaching, checking, giving out -----------------------------------------------------------------


@pytest.fixture
def claim(db, evidence_store):
    return make.claim(evidence=[make.letter(), Item(EvidenceKind.DOCUMENT, issuer="Court", reference="HRB 1")])


def letter_of(claim, kind=EvidenceKind.AUTHORITY_LETTER):
    return claim.evidence.select_related("claim__organization").get(kind=kind)


def attached(claim, content=PDF, name="letter.pdf", **fields):
    values = {"actor": make.actor(claim.filed_by), "evidence": letter_of(claim), "at": make.NOW, **fields}
    return attach_file(file_name=name, content=content, **values)


def test_a_file_lies_outside_the_web_root_under_a_name_of_our_own(claim, evidence_store):
    file = attached(claim, name="../../Bescheid.pdf")
    assert [path.name for path in evidence_store.iterdir()] == [file.stored_name]
    assert (evidence_store / file.stored_name).read_bytes() == PDF
    assert (file.original_name, file.sha256) == ("Bescheid.pdf", hashlib.sha256(PDF).hexdigest())
    assert "permission denied" in refused("UPDATE customers_evidencefile SET sha256 = ''")


def test_a_refused_file_leaves_nothing(claim, evidence_store, settings):
    with pytest.raises(FileRefused):
        attached(claim, content=b"MZ")
    settings.EVIDENCE_SCAN_REQUIRED = True
    with pytest.raises(ScannerUnavailable):
        attached(claim)
    assert not evidence_store.exists()
    assert not EvidenceFile.objects.exists()


def test_only_papers_nobody_checked_have_a_few_files(claim):
    for _ in range(MOST_FILES):
        attached(claim)
    with pytest.raises(TooManyFiles):
        attached(claim)
    word = make.claim("FR-FIRE", of=claim.organization, evidence=[make.domain(claim.organization.domains.get().domain)])
    with pytest.raises(NotAPaper):
        attached(claim, evidence=word.evidence.select_related("claim__organization").get())
    verifier = make.acting(Role.VERIFIER)
    take_up_claim(actor=verifier, claim=claim, at=make.NOW)
    check_evidence(actor=verifier, evidence=letter_of(claim), holds=True, at=make.NOW)
    with pytest.raises(AlreadyChecked):
        attached(claim)


def test_a_document_without_a_file_cannot_hold_and_its_bringer_never_checks_it(claim):
    item = letter_of(claim, EvidenceKind.DOCUMENT)
    first, second = make.acting(Role.VERIFIER), make.acting(Role.VERIFIER)
    take_up_claim(actor=first, claim=claim, at=make.NOW)
    with pytest.raises(NothingToRead):
        check_evidence(actor=first, evidence=item, holds=True, at=make.NOW)
    attached(claim, evidence=item, actor=first)
    with pytest.raises(OwnEvidence):
        check_evidence(actor=first, evidence=item, holds=True, at=make.NOW)
    checking = "UPDATE customers_evidence SET checked_by_id = %s, checked_at = now(), holds = true WHERE id = %s"
    assert "nobody checks a file of their own" in refused(checking, first.user_id, item.pk)
    assert check_evidence(actor=second, evidence=item, holds=True, at=make.NOW).holds


def test_what_no_row_names_is_swept_and_what_was_erased_stays_so(claim, evidence_store):
    kept, erased = attached(claim), attached(claim)
    (evidence_store / "leftover").write_bytes(PDF)
    EvidenceFile.objects.filter(pk=erased.pk).update(erased_at=make.NOW, original_name="")
    assert sweep_files(at=now()) == 0, "what is young may be an upload that is still being recorded"
    assert sweep_files(at=now() + timedelta(hours=2)) == 2
    assert [path.name for path in evidence_store.iterdir()] == [kept.stored_name]
    assert "erased_stays_erased" in refused(
        "UPDATE customers_evidencefile SET erased_at = NULL WHERE id = %s", erased.pk
    )


def test_it_is_attached_by_form_and_given_out_as_a_download_only(visit, claim, evidence_store):
    place = reverse("customers:attach", args=[claim.public_id, letter_of(claim).public_id])
    bad = visit(
        place, as_=claim.filed_by, method="post", data={"file": SimpleUploadedFile("x.pdf", b"MZ")}, follow=True
    )
    assert "Only PDF, PNG and JPEG files are taken." in bad.getvalue().decode()
    visit(place, as_=claim.filed_by, method="post", data={"file": SimpleUploadedFile("Bescheid.pdf", PDF)})
    file = EvidenceFile.objects.get()
    page = visit(reverse("customers:claim", args=[claim.public_id]), as_=claim.filed_by).getvalue().decode()
    assert "Bescheid.pdf" in page
    assert "not scanned for malware" in page
    address = reverse("customers:file", args=[file.public_id])
    given = visit(address, as_=make.person(Role.VERIFIER))
    assert given.content == PDF
    assert given["Content-Disposition"] == f'attachment; filename="evidence-{file.public_id}.pdf"'
    assert given["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert given["X-Content-Type-Options"] == "nosniff"
    assert visit(address, as_=make.person(Role.EXECUTIVE)).status_code == 403
    assert visit(address, as_=make.account_manager(portfolios=[make.portfolio()])).status_code == 404
    assert visit(address).status_code == 302
    (evidence_store / file.stored_name).write_bytes(PDF + b"!")
    assert visit(address, as_=make.person(Role.VERIFIER)).status_code == 409
