"""Steps that were done, each kept under the digest of all that it depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from samd_validate.core.canonical import canonical_bytes, digest, plain
from samd_validate.core.finding import CheckOutput
from samd_validate.evidence.whole import write_whole

STEP_VERSION = 1
CODE = Path(__file__).parents[1]
_OUTPUT = TypeAdapter(CheckOutput)


class StepStore:
    """A folder of what checks gave.

    ``context`` is what all steps of a run depend on (protocol, recipes, code, packages); the key
    of a step adds its plug-in, version, parameters, seed and inputs. A file that is not whole,
    or not of its key, is deleted and the step done again.
    """

    def __init__(self, folder: Path, context: Mapping[str, object]) -> None:
        self._folder = folder
        self._context = digest(context)
        self.digests: dict[str, str] = {}
        self.taken: list[str] = []

    def get(self, step: str, key: Mapping[str, object]) -> CheckOutput | None:
        """Return what a step gave; None if it is not there or not whole."""
        path = self._path(key)
        try:
            kept: Any = json.loads(path.read_bytes())
            if kept["key"] != path.stem or digest(kept["output"]) != kept["output_digest"]:
                raise ValueError("not what was written")
            output = _OUTPUT.validate_python(kept["output"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, RecursionError, ValidationError):
            path.unlink()
            return None
        self.digests[step] = str(kept["output_digest"])
        self.taken.append(step)
        return output

    def put(self, step: str, key: Mapping[str, object], output: CheckOutput) -> CheckOutput:
        """Keep what a step gave, and return it as it will be read back."""
        path, content = self._path(key), plain(output)
        kept = {
            "schema_version": STEP_VERSION,
            "key": path.stem,
            "output": content,
            "output_digest": digest(content),
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, canonical_bytes(kept))
        self.digests[step] = str(kept["output_digest"])
        return _OUTPUT.validate_python(json.loads(canonical_bytes(content)))

    def _path(self, key: Mapping[str, object]) -> Path:
        name = digest({"context": self._context, "key": key}).removeprefix("sha256:")
        return self._folder / f"{name}.json"


@cache
def code_digest() -> str:
    """Return the digest of the project's own code, so that a step of other code is never taken."""
    mixed = hashlib.sha256()
    for path in sorted((*CODE.rglob("*.py"), *CODE.rglob("*.yaml"))):
        content = path.read_bytes()
        mixed.update(f"{path.relative_to(CODE).as_posix()}/{len(content)};".encode())
        mixed.update(content)
    return f"sha256:{mixed.hexdigest()}"
