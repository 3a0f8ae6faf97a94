"""How evidence is shown to be true: control of a domain by DNS or a mailed code, papers as files."""
