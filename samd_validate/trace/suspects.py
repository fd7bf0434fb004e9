"""What changed after a run: evidence of it is suspect until somebody looks at it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from samd_validate.core.bundle import Bundle
from samd_validate.core.matrix import State, TraceRow
from samd_validate.trace.own import OwnTexts, own_of, with_own
from samd_validate.trace.requirements import Requirements

DIGESTS = "requirement_digests"
"""Name of the attachment in which a bundle keeps the digests of the texts it was run against."""

PROTOCOL_CHANGED = "suspect: the protocol changed after the run; look at its evidence again"
TEXT_CHANGED = "suspect: the text of {} changed after the run; look at its evidence again"


@dataclass(frozen=True, kw_only=True)
class Current:
    """A protocol as it stands now: its digest, and the texts of its device."""

    protocol_digest: str
    own: OwnTexts


@dataclass(frozen=True, kw_only=True)
class Suspects:
    """Ids whose text is not the one that the run was made against, and if the protocol is not."""

    ids: frozenset[str]
    is_protocol_changed: bool = False


def suspects_of(bundle: Bundle, catalogue: Requirements, current: Current | None) -> Suspects:
    """Return what changed since a run: against the catalogue, and the protocol if it is given."""
    kept = cast("Mapping[str, str]", bundle.attachments.get(DIGESTS, {}))
    own = own_of(bundle) if current is None else current.own
    now = with_own(catalogue, own).digests()
    return Suspects(
        ids=frozenset(name for name, seen in kept.items() if now.get(name) != seen),
        is_protocol_changed=current is not None
        and current.protocol_digest != bundle.protocol_digest,
    )


def marked(row: TraceRow, suspects: Suspects, through: frozenset[str] = frozenset()) -> TraceRow:
    """Return a row as suspect if its text, the protocol, or a text it rests on changed.

    ``through`` are the requirements by which its evidence comes.
    """
    changed = sorted(({row.id} | through) & suspects.ids)
    words = [TEXT_CHANGED.format(name) for name in changed]
    words += [PROTOCOL_CHANGED] if suspects.is_protocol_changed else []
    if not words:
        return row
    if row.state is State.OPEN:
        return replace(row, is_suspect=True)
    return replace(row, is_suspect=True, state=State.SUSPECT, gaps=(*words, *row.gaps))
