"""Commands on finished evidence: sign it, and verify it from its folder or its PDF alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from samd_validate.cli_promise import Ledger, opened

if TYPE_CHECKING:
    from samd_validate.evidence.verification.item import Item

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
    recompute: Annotated[
        bool, typer.Option("--recompute", help="Also make every estimate again from predictions.")
    ] = False,
    rerun: Annotated[
        bool, typer.Option("--rerun", help="Also carry out the protocol again on its data.")
    ] = False,
    dataset: Annotated[
        list[str] | None,
        typer.Option("--dataset", help="With --rerun, where a data set lies: NAME=PATH."),
    ] = None,
    ledger: Ledger = None,
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
    if not evidence.is_dir():
        items = verify_pdf(evidence, trusted, more=recompute or rerun)
    else:
        items = verify_folder(evidence, pdf, trusted)
        items += _again(evidence, recompute=recompute)
        items += _anew(evidence, dataset or [], ledger) if rerun else ()
    show_items(items, json)
    raise typer.Exit(FAILED if any(item.is_failed for item in items) else HOLDS)


def _again(evidence: Path, *, recompute: bool) -> tuple[Item, ...]:
    from samd_validate.recompute import recompute_items
    from samd_validate.terminal import LiveProgress

    if not recompute:
        return ()
    with LiveProgress() as progress:
        return recompute_items(evidence, progress)


def _anew(evidence: Path, dataset: list[str], ledger: Path | None) -> tuple[Item, ...]:
    from samd_validate.protocol.places import dataset_places
    from samd_validate.recompute import rerun_items
    from samd_validate.terminal import LiveProgress

    with LiveProgress() as progress:
        return rerun_items(evidence, dataset_places(dataset, Path()), ledger, progress)
