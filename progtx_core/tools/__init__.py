"""What runs, records, judges or publishes chapters; nothing below imports it."""

import sys

# jsonschema, which nbformat imports, would build 38 grammars of web addresses: 1.5 s.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
