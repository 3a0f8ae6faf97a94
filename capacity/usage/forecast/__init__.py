"""Demand ahead: forecasts with bands, days to exhaustion, and the moment when a forecast no longer holds.

Pure: arrays in, arrays with reasons out; no database, no clock, no randomness. Values are in the units of the
series, NaN is unknown and never zero.
"""
