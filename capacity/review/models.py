"""Who works on what: a lease on a request, which ends by itself."""

from django.db import models

from capacity.requests.models import CapacityRequest
from kit import leases


class Lease(leases.Lease):
    """A reviewer works on a request until a moment; activity renews it."""

    request = models.OneToOneField(CapacityRequest, on_delete=models.CASCADE, related_name="lease")

    subject = "request"
