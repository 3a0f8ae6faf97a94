"""From what is known of an organization to the sector categories it may belong to: proposals, never decisions.

Pure: no database, no Django. `proposing` is the way in.
"""
