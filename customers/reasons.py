"""Why a claim is rejected, suspended or revoked: codes that can be counted, beside the words."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RejectionReason(models.TextChoices):
    """Why a claim is not accepted."""

    EVIDENCE_INSUFFICIENT = "evidence_insufficient", _("The evidence does not suffice")
    EVIDENCE_FALSE = "evidence_false", _("The evidence is not genuine")
    OTHER_ORGANIZATION = "other_organization", _("The evidence speaks of another organization")
    WRONG_CATEGORY = "wrong_category", _("Another category fits")
    NO_ANSWER = "no_answer", _("Our questions were not answered")
    WITHDRAWN = "withdrawn", _("The organization withdrew it")


class InformationReason(models.TextChoices):
    """What the verifier needs to know."""

    WHICH_BODY = "which_body", _("Which body or site it is")
    DOMAIN = "domain", _("Control of a domain")
    PAPER = "paper", _("The letter or document itself")
    REGISTER = "register", _("The register's entry differs")
    SERVICE = "service", _("The service that a certificate names")
    OTHER = "other", _("Something else")


class WithdrawalReason(models.TextChoices):
    """Why a verification is suspended or revoked."""

    COMPLAINT = "complaint", _("A complaint is being looked into")
    EVIDENCE_LOST = "evidence_lost", _("The evidence no longer holds")
    EVIDENCE_FALSE = "evidence_false", _("The evidence was not genuine")
    ORGANIZATION_CHANGED = "organization_changed", _("The organization changed its work")
    MISTAKE = "mistake", _("It was verified by mistake")
