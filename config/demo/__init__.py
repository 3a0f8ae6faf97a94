"""The demonstration: an invented crisis, told from a seed.

Mass comes in by COPY in the order in which it would have happened, each row as the action would have written it; the
last day goes through the actions themselves. `capacity.desk.invariants` then holds all of it to the same rules.
"""
