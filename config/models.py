"""What the running system notes about itself."""

from django.db import models


class Heartbeat(models.Model):
    """The last sign of life of the background worker, written by a task that beat sends.

    One row proves three things: beat sends, the broker carries, a worker takes. A row rather than
    a key in the broker, because it works with every broker and outlives its restart.
    """

    name = models.CharField(max_length=40, primary_key=True)
    beaten_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.beaten_at.isoformat()}"
