# Sourced by the scripts: goes to the project's folder and sets PYTHON to a Python that is new enough.
cd "$(dirname "$0")/.." || exit 1
for PYTHON in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then return 0; fi
done
echo "Vorrang needs Python 3.11 or newer; this machine has $(python3 --version 2>/dev/null || echo none). Install one and start again." >&2
exit 1
