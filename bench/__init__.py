"""Measurements against peers and limits; `script/bench NAME` runs one on a fresh database of its own."""
