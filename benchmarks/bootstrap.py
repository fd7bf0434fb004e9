"""Times intervals by resampling side by side with what people use today.

``python benchmarks/bootstrap.py --write docs/benchmarks_statistics.md`` (``make benchmark``)
writes the page;
``--quick`` runs everything once with tiny sizes; ``--largest N`` leaves larger sizes out.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from bootstrap_benchmark.measure import measure
from bootstrap_benchmark.measured import FULL, QUICK, Amounts
from bootstrap_benchmark.page import page


def amounts_of(arguments: argparse.Namespace) -> Amounts:
    """Return how much is to be run."""
    whole = QUICK if arguments.quick else FULL
    if arguments.largest is None:
        return whole
    return replace(
        whole,
        rows=tuple(n for n in whole.rows if n <= arguments.largest),
        shape_rows=tuple(n for n in whole.shape_rows if n <= arguments.largest),
        memory_rows=tuple(n for n in whole.memory_rows if n <= arguments.largest),
    )


def main() -> None:
    """Run, and write the page or print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the page there")
    parser.add_argument("--quick", action="store_true", help="tiny sizes; figures mean nothing")
    parser.add_argument("--largest", type=int, metavar="N", help="no more rows than this")
    arguments = parser.parse_args()
    amounts = amounts_of(arguments)
    if not amounts.rows:
        parser.error(f"--largest: must be at least {(QUICK if arguments.quick else FULL).rows[0]}")
    text = page(measure(amounts))
    if arguments.write is None:
        sys.stdout.write(text)
    else:
        arguments.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
