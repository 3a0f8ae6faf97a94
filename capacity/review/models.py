"""Who works on what: a lease on a request, which ends by itself."""

from django.db import models

from capacity.requests.models import CapacityRequest
from users.models import User


class Lease(models.Model):
    """A reviewer works on a request until a moment; activity renews it."""

    request = models.OneToOneField(CapacityRequest, on_delete=models.CASCADE, related_name="lease")
    holder = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    runtime_deletes = True
