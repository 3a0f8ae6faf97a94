"""What pages show of a proof: the record to set, what was mailed and what came of it. No statement of its own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from customers.models import Evidence, EvidenceKind
from customers.proofs import dns
from customers.proofs.models import MOST_TRIES, DomainChallenge, DomainProof, EvidenceFile, MailedCode, Method


@dataclass(frozen=True)
class DomainShown:
    """How far control of a domain is shown: the record to set, the last proof, and a code that is on its way."""

    name: str
    text: str
    method: str
    at: datetime | None
    mailed_to: str
    mailed_until: datetime | None

    @property
    def is_shown(self) -> bool:
        """Whether it was shown at all."""
        return self.at is not None

    @property
    def method_label(self) -> Any:
        """How it was shown, in a word or two."""
        return Method(self.method).label if self.method else ""


@dataclass(frozen=True)
class FileShown:
    """A file as a page lists it."""

    public_id: str
    name: str
    size_bytes: int
    is_scanned: bool
    is_erased: bool


def files_shown(item: Any) -> list[FileShown]:
    """The files of an item, oldest first. Fetch it by `with_proofs`."""
    return [
        FileShown(row["id"], row["name"], row["size"], bool(row["scanned"]), row["erased"] is not None)
        for row in item.file_rows
    ]


def with_proofs(evidence: QuerySet[Evidence]) -> QuerySet[Any]:
    """The items with `token`, `proof_rows`, `code_rows` and `file_rows`, in the one statement that fetches them."""
    mine = {"claim": OuterRef("claim"), "domain": OuterRef("domain")}
    theirs = {f"challenge__{name}": value for name, value in mine.items()}
    proofs = DomainProof.objects.filter(**theirs).order_by("-at", "-pk")
    codes = MailedCode.objects.filter(**theirs, used_at=None, voided_at=None, tries__lt=MOST_TRIES)
    files = EvidenceFile.objects.filter(evidence=OuterRef("pk")).order_by("pk")
    return evidence.annotate(
        file_rows=ArraySubquery(
            files.values(
                row=JSONObject(
                    id="public_id",
                    name="original_name",
                    size="size_bytes",
                    scanned="scanned_by",
                    by="uploaded_by",
                    erased="erased_at",
                )
            )
        ),
        token=Subquery(DomainChallenge.objects.filter(**mine).values("token")[:1]),
        proof_rows=ArraySubquery(proofs.values(row=JSONObject(method="method", at="at"))[:1]),
        code_rows=ArraySubquery(
            codes.order_by("-sent_at", "-pk").values(row=JSONObject(mailbox=F("mailbox"), until=F("expires_at")))[:1]
        ),
    )


def domain_shown(item: Any, at: datetime) -> DomainShown | None:
    """How far an item about a domain is shown; None for any other. Fetch it by `with_proofs`."""
    if item.kind != EvidenceKind.DOMAIN_CONTROL:
        return None
    proof = item.proof_rows[0] if item.proof_rows else None
    mailed = item.code_rows[0] if item.code_rows else None
    until = datetime.fromisoformat(mailed["until"]) if mailed else None
    is_open = until is not None and until > at
    return DomainShown(
        name=dns.record_name(item.domain),
        text=dns.record_text(item.token) if item.token else "",
        method=proof["method"] if proof else "",
        at=datetime.fromisoformat(proof["at"]) if proof else None,
        mailed_to=f"{mailed['mailbox']}@{item.domain}" if mailed and is_open else "",
        mailed_until=until if is_open else None,
    )
