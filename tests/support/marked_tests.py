"""Which tests carry the id of which requirement, and the page that lists them.

python tests/support/marked_tests.py > docs/software_requirements.md
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from samd_validate.protocol.folders import ROOT, shipped
from samd_validate.publish import known_requirements
from samd_validate.trace.software import load_software

HEAD = """\
# Software requirements of samd-validate

What the toolkit must do, the hazards of the toolkit behind it, and the tests that show it. Made by
`make trace` from `traceability/samd_validate/requirements.yaml` and the marks of the tests; a test
holds the page against both. That a test exists is shown here; that it passes, `make test` shows.

| id | what | hazards | shown by |
|---|---|---|---|
"""


def marks(folder: Path = ROOT / "tests") -> Iterator[tuple[str, str]]:
    """Return pairs of a requirement's id and a test that carries it, ``file::name``."""
    for path in sorted(folder.rglob("test_*.py")):
        name = path.relative_to(folder).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        of_file = [one for node in tree.body if _is_pytestmark(node) for one in _ids(node)]
        yield from ((one, name) for one in of_file)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                for decorator in node.decorator_list:
                    yield from ((one, f"{name}::{node.name}") for one in _ids(decorator))


def _is_pytestmark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"


def _ids(node: ast.AST) -> Iterator[str]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.requirement":
            yield ast.literal_eval(call.args[0])


def page() -> str:
    """Return the page of all software requirements with their tests."""
    tests: dict[str, list[str]] = {}
    for requirement, test in marks():
        tests.setdefault(requirement, []).append(test)
    rows = [
        f"| {one.id} | **{one.title}.** {one.text} | {', '.join(one.hazards) or '–'} "
        f"| {'<br>'.join(f'`{test}`' for test in tests.get(one.id, ())) or '**no test**'} |"
        for one in load_software(shipped("traceability"), known_requirements())
    ]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
