"""Public identifiers: UUID version 7 (RFC 9562), sortable by creation time."""

import os
import time
from collections.abc import Iterator
from uuid import UUID

DRAWN_AT_ONCE = 500


def uuid7() -> UUID:
    """A new UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & (2**48 - 1)) << 80 | random
    value &= ~(0xF << 76)
    value |= 0x7 << 76
    value &= ~(0x3 << 62)
    value |= 0x2 << 62
    return UUID(int=value)


def uuid7_texts() -> Iterator[str]:
    """Ever more new UUIDv7 as text, for rows by the thousand: in a fraction of the time that objects take."""
    while True:
        moment = f"{time.time_ns() // 1_000_000:012x}"
        begin = f"{moment[:8]}-{moment[8:]}-7"
        noise = os.urandom(10 * DRAWN_AT_ONCE).hex()
        for start in range(0, len(noise), 20):
            part = noise[start : start + 20]
            yield f"{begin}{part[:3]}-{'89ab'[int(part[3], 16) & 3]}{part[4:7]}-{part[7:19]}"
