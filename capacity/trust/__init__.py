"""The trust center: what everybody may read, without signing in and without a cookie."""
