"""Commands on finished evidence: sign it, and verify it from its folder or its PDF alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from samd_validate.cli_promise import opened

HOLDS, FAILED = 0, 1

PdfFile = Annotated[
    Path | None, typer.Option(help="The PDF of the report, if it lies elsewhere than beside.")
]


def sign(
    evidence: Annotated[Path, typer.Argument(help="The evidence folder of a run.")],
    name: Annotated[
        str, typer.Option("--as", help="Your name, as in your certificate.", show_default=False)
    ],
    role: Annotated[str, typer.Option(help="Your role, such as reviewer.", show_default=False)],
    meaning: Annotated[
        str, typer.Option(help="What the signature means, such as approval.", show_default=False)
    ],
    identity: Annotated[Path, typer.Option(help="PKCS#12 file with your key.", show_default=False)],
    pdf: PdfFile = None,
) -> None:
    """Sign the evidence of a run and its PDF: name, role, meaning and time, with your own key."""
    from samd_validate.evidence.locking import signer_of
    from samd_validate.evidence.verify import pdf_beside
    from samd_validate.signing import sign_evidence, signer_words

    who = signer_of(name, role, meaning, option="--as")
    record = sign_evidence(evidence, who, opened(identity), pdf)
    typer.echo(signer_words(record, pdf or pdf_beside(evidence)))


def verify(
    evidence: Annotated[
        Path, typer.Argument(help="The evidence folder of a run, or the PDF of its report.")
    ],
    pdf: PdfFile = None,
    trust: Annotated[
        list[str] | None,
        typer.Option(help="A certificate (file) or fingerprint that you trust. Repeatable."),
    ] = None,
    json: Annotated[
        str | None, typer.Option(help="Write JSON to this file, '-' for the terminal.")
    ] = None,
) -> None:
    """Test evidence: a numbered list, each item ok, failed, or not possible and why.

    Exit codes: 0 nothing failed; 1 something failed; 2 there is nothing that could be tested.
    """
    from samd_validate.evidence.trust import trust_of
    from samd_validate.evidence.verify import verify as verify_folder
    from samd_validate.evidence.verify import verify_pdf
    from samd_validate.terminal import show_items

    trusted = trust_of(trust or [])
    if evidence.is_dir():
        items = verify_folder(evidence, pdf, trusted)
    else:
        items = verify_pdf(evidence, trusted)
    show_items(items, json)
    raise typer.Exit(FAILED if any(item.is_failed for item in items) else HOLDS)
