"""The four resources that every region has pools of."""

from capacity.pools.models import Resource

RESOURCES: tuple[tuple[str, str, str, str], ...] = (
    # code, name in German, name in English, unit
    ("vcpu", "Rechenkerne", "Compute cores", "vCPU"),
    ("memory", "Arbeitsspeicher", "Memory", "GiB"),
    ("gpu", "Grafikprozessoren", "Graphics processors", "GPU"),
    ("storage", "Speicherplatz", "Storage", "TiB"),
)


def seed_resources() -> None:
    """Create the resources that are missing; repeating it changes nothing."""
    for position, (code, name_de, name_en, unit) in enumerate(RESOURCES, start=1):
        Resource.objects.get_or_create(
            code=code, defaults={"name_de": name_de, "name_en": name_en, "unit": unit, "position": position}
        )
