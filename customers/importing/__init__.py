"""Taking files in: a run with progress, and a result for every row."""
