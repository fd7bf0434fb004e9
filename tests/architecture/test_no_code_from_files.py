"""No file of data becomes code: what could do that is imported and called nowhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "samd_validate"
MODULES = frozenset({"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"})
NAMES = frozenset({"eval", "exec", "compile", "__import__"})
CALLS = frozenset(
    {"yaml.load", "yaml.unsafe_load", "yaml.full_load", "torch.load", "torch.jit.load"}
    | {"np.load", "numpy.load", "pd.read_pickle", "pandas.read_pickle", "os.system", "os.popen"}
)
SAFE = {"np.load": "allow_pickle", "numpy.load": "allow_pickle", "torch.load": "weights_only"}
"""What reads numbers alone where this is said, or by itself: allow_pickle is False by default."""


def faults(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            yield str(node.module)
        elif isinstance(node, ast.Call):
            yield from fault_of_call(node)


def fault_of_call(node: ast.Call) -> Iterator[str]:
    called = ast.unparse(node.func)
    said = {one.arg: ast.unparse(one.value) for one in node.keywords}
    if called in NAMES or said.get("shell") == "True":
        yield called
    elif called.endswith("load") and SAFE.get(called) == "weights_only":
        if said.get("weights_only") != "True":
            yield called
    elif called in SAFE:
        if said.get("allow_pickle", "False") != "False":
            yield called
    elif called in CALLS:
        yield called


@pytest.mark.requirement("SW-OUTSIDE-FILES")
def test_no_module_makes_code_of_files() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix(): list(faults(ast.parse(path.read_bytes())))
        for path in sorted(PACKAGE.rglob("*.py"))
    }
    assert len(found) > 100
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from joblib import load",
        "yaml.load(x)",
        "torch.load(x)",
        "np.load(x, allow_pickle=True)",
        "eval(x)",
        "subprocess.run(x, shell=True)",
    ],
)
def test_line_that_could_run_what_a_file_says_is_found(line: str) -> None:
    assert list(faults(ast.parse(line)))
