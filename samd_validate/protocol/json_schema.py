"""The protocol's JSON Schema, by which editors complete and check the YAML."""

from __future__ import annotations

import json

from samd_validate.protocol.schema import Protocol

SCHEMA_FILE = "protocol-v1.schema.json"


def schema_text() -> str:
    """Return the schema as indented JSON, the same bytes every time."""
    schema = Protocol.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "samd-validate protocol, version 1"
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(schema_text())
