"""The look for malware in what is uploaded. Whatever goes wrong with it, the file is not taken."""

import shlex
import subprocess
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from kit.refusal import Conflict, Invalid

PATIENCE = 30  # seconds
INFECTED = 1  # how scanners end that found something


class ScannerUnavailable(Conflict):
    """Nothing could be said about the file."""

    code = "scanner_unavailable"
    message = _("Files cannot be checked for malware just now, so none is taken.")
    remedy = _("Try again later, or tell an administrator.")


class Infected(Invalid):
    """The scanner found something."""

    code = "infected"
    message = _("The file holds malware and was not kept.")


def scan(content: bytes) -> str:
    """The name of the scanner that found nothing; empty where this installation has none and needs none.

    Raises `Infected`, and `ScannerUnavailable` where the scanner is missing, fails or takes too long.
    """
    command = shlex.split(settings.EVIDENCE_SCAN_COMMAND)
    if not command:
        if settings.EVIDENCE_SCAN_REQUIRED:
            raise ScannerUnavailable()
        return ""
    try:
        ended = subprocess.run(command, input=content, capture_output=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        raise ScannerUnavailable() from error
    if ended.returncode == INFECTED:
        raise Infected({"file": [Infected.message]})
    if ended.returncode != 0:
        raise ScannerUnavailable()
    return Path(command[0]).name[:60]
