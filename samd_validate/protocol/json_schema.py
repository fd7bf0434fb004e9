"""JSON Schemas of a protocol and of its lock, by which editors and other programs check them."""

from __future__ import annotations

import json

from samd_validate.protocol.lock import Lock
from samd_validate.protocol.schema import Protocol, Shape

SCHEMA_FILE = "protocol-v1.schema.json"
LOCK_SCHEMA_FILE = "lock-v1.schema.json"


def schema_text(shape: type[Shape] = Protocol) -> str:
    """Return the schema as indented JSON, the same bytes every time."""
    schema = shape.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = f"samd-validate {shape.__name__.lower()}, version 1"
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(schema_text(Lock if sys.argv[1:] == ["lock"] else Protocol))
