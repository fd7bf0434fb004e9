"""Commands on finished evidence: verify it, from its folder or from a report's PDF alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HOLDS, FAILED = 0, 1


def verify(
    evidence: Annotated[
        Path, typer.Argument(help="The evidence folder of a run, or the PDF of its report.")
    ],
    json: Annotated[
        str | None, typer.Option(help="Write JSON to this file, '-' for the terminal.")
    ] = None,
) -> None:
    """Test evidence: a numbered list, each item ok, failed, or not possible and why.

    Exit codes: 0 nothing failed; 1 something failed; 2 there is nothing that could be tested.
    """
    from samd_validate.evidence.verify import verify as verify_folder
    from samd_validate.evidence.verify import verify_pdf
    from samd_validate.terminal import show_items

    items = verify_folder(evidence) if evidence.is_dir() else verify_pdf(evidence)
    show_items(items, json)
    raise typer.Exit(FAILED if any(item.is_failed for item in items) else HOLDS)
