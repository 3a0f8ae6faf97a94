"""Connects apps that must not know each other: what one has is handed to the other."""

from typing import Any


def connect() -> None:
    """Called once when every app is loaded."""
    from customers.evidence import provide_services
    from priorities.models import WorkloadClass

    def workload_classes() -> list[tuple[str, Any]]:
        return [(workload.code, workload.name) for workload in WorkloadClass.objects.all()]

    provide_services(workload_classes)
