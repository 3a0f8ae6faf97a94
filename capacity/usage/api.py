"""Samples of usage through the API: the same checks as for files, a result for every row that was not taken."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from capacity.usage.access import may_report_usage
from capacity.usage.actions.ingest_samples import Ingested, ingest_samples
from capacity.usage.models import UsageSource
from capacity.usage.samples import texts_of
from kit.api import Body, IdempotentCommand
from kit.clock import now
from kit.refusal import require

MOST_SAMPLES = 10_000


class NewSample(Body):
    """How much of a pool was in use at a moment, in the pool's unit."""

    region = serializers.CharField(max_length=40)
    resource = serializers.CharField(max_length=20)
    at = serializers.CharField(max_length=40, help_text="ISO 8601 with its time zone, such as 2020-03-21T08:00:00Z.")
    used = serializers.FloatField()
    total = serializers.FloatField(allow_null=True, default=None, help_text="What there was in all; null: not known.")


class NewSamples(Body):
    """Up to 10,000 samples. What is unknown is left out and never sent as zero."""

    samples = NewSample(many=True, allow_empty=False, max_length=MOST_SAMPLES)  # type: ignore[call-arg]


class RefusedSample(serializers.Serializer[Any]):
    """A sample that was not taken."""

    row = serializers.IntegerField(help_text="Its place in the body, from 1.")
    problem = serializers.CharField()


class IngestedData(serializers.Serializer[Ingested]):
    """What became of the samples: new, known with another value (which is kept), known, not taken."""

    added = serializers.IntegerField()
    corrected = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused_count = serializers.IntegerField()
    refused = RefusedSample(many=True)


class UsageSamples(IdempotentCommand):
    """Samples of usage."""

    @extend_schema(operation_id="send_usage_samples", request=NewSamples, responses={200: IngestedData})
    def post(self, request: Any) -> Response:
        """Take samples in; sending them again changes nothing, and another value for a known moment corrects it."""
        require(may_report_usage(request.actor))
        rows = texts_of(self.read(NewSamples)["samples"])
        found = Ingested()

        def act() -> None:
            nonlocal found
            found = ingest_samples(actor=request.actor, blocks=[(1, rows)], source=UsageSource.API, at=now())

        self.perform(act)
        # A repeated call did not act; what it would find now is that all of it is known.
        if self.performed.replayed:
            found = Ingested(unchanged=len(rows))
        return self.done(IngestedData(found).data)
