"""Commands of the promise: lock a protocol, amend it, make an identity to sign with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from samd_validate.evidence.identity import Identity

PASSWORD = "SAMD_VALIDATE_IDENTITY_PASSWORD"
"""The variable that holds the password of an identity where nobody can be asked for it."""

Signer = Annotated[str, typer.Option(help="Name of the person who locks.", show_default=False)]
Role = Annotated[str, typer.Option(help="Role, such as author or statistician.")]
Meaning = Annotated[str, typer.Option(help="What the signature means.")]
IdentityFile = Annotated[
    Path | None, typer.Option(help="PKCS#12 file to sign with; without it nothing is signed.")
]
Ledger = Annotated[
    Path | None,
    typer.Option(help="Folder of the ledger of looks at test labels, such as a shared one."),
]
PLANNED = "the protocol as it was planned"

identities = typer.Typer(no_args_is_help=True, help="Keys and certificates of signers.")


def lock(
    protocol: Annotated[Path, typer.Argument(help="The protocol (YAML).", show_default=False)],
    signer: Signer,
    role: Role = "author",
    meaning: Meaning = PLANNED,
    identity: IdentityFile = None,
) -> None:
    """Lock a protocol before any label of a test set is read: digest, time, signer, signature."""
    from samd_validate.evidence.locking import lock_protocol, signer_of
    from samd_validate.pipeline import planned

    who = signer_of(signer, role, meaning)
    place = lock_protocol(protocol, planned(protocol), who, _opened(identity))
    typer.echo(f"wrote {place}: {protocol.name} is locked{_words(identity)}")


def amend(
    locked: Annotated[Path, typer.Argument(metavar="OLD.lock.json", help="The lock to amend.")],
    protocol: Annotated[Path, typer.Argument(metavar="NEW.yaml", help="The new version.")],
    signer: Signer,
    reason: Annotated[str, typer.Option(help="Why it is amended.", show_default=False)],
    date: Annotated[
        str | None, typer.Option(help="Day of the decision; today if left out.")
    ] = None,
    role: Role = "author",
    meaning: Meaning = PLANNED,
    identity: IdentityFile = None,
    ledger: Ledger = None,
) -> None:
    """Lock a new version of a locked protocol: what changes, why, and what was read before."""
    from samd_validate.evidence.chain import now_utc
    from samd_validate.evidence.locking import Amending, lock_protocol, signer_of
    from samd_validate.pipeline import planned

    who, plan = signer_of(signer, role, meaning), planned(protocol)
    before = _looks_before(ledger, plan.protocol.id)
    day = date or now_utc().date().isoformat()
    amending = Amending(lock=locked, reason=reason, date=day, looks_before=before)
    place = lock_protocol(protocol, plan, who, _opened(identity), amending)
    typer.echo(f"wrote {place}: {protocol.name} amends {locked.name}{_words(identity)}")
    known = "the ledger is not available" if before is None else f"{before} runs"
    typer.echo(f"test labels scored by earlier versions: {known}")


@identities.command()
def new(
    file: Annotated[Path, typer.Argument(help="The PKCS#12 file to write.")],
    name: Annotated[str, typer.Option(help="Name of the person.", show_default=False)],
    days: Annotated[int, typer.Option(min=1, max=3660, help="How long it is valid.")] = 365,
) -> None:
    """Make a self-made identity to try signing with; nobody vouches for its name."""
    from samd_validate.evidence.identity import certificate_words, new_identity

    made = new_identity(file, name, _password(is_new=True), days)
    typer.echo(f"wrote {file}: {certificate_words(made.certificate)}")


def _looks_before(ledger: Path | None, protocol: str) -> int | None:
    from samd_validate.evidence.ledger import LedgerNotAvailable, ledger_folder, readings_of

    try:
        return readings_of(ledger_folder(ledger), protocol)
    except LedgerNotAvailable:
        return None


def _opened(identity: Path | None) -> Identity | None:
    from samd_validate.evidence.identity import load_identity

    return None if identity is None else load_identity(identity, _password(is_new=False))


def _password(*, is_new: bool) -> str:
    if PASSWORD in os.environ:
        return os.environ[PASSWORD]
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=is_new, err=True))


def _words(identity: Path | None) -> str:
    return f", signed with {identity.name}" if identity else "; nothing is signed"
