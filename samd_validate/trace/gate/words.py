"""Rules on words and sources: drafts called drafts, no claim of conformity, status not stale."""

from __future__ import annotations

import json
import re
from datetime import date

from samd_validate.core.canonical import plain
from samd_validate.trace.gate.asked import Answer, Asked, failed, left_open, named, ok

STALE_DAYS = 180
CLAIMS = re.compile(
    r"(?<!non-)(?<!not )\bcompliant\b|(?<!board-)(?<!board )\bcertified\b|\bFDA[- ]approved\b",
    re.IGNORECASE,
)


def drafts_called_drafts(asked: Asked) -> Answer:
    """G-14: a source that is a draft says so at each citation."""
    sources = asked.requirements.sources.values()
    drafts = [one for one in sources if "draft" in f"{one.status[:5]} {one.force[:5]}".lower()]
    bare = [one.id for one in drafts if not one.draft_label]
    bare += [
        citation.text()
        for row in asked.matrix.rows
        for citation in row.citations
        if citation.draft_label and citation.draft_label not in citation.text()
    ]
    if bare:
        return failed(f"cited without the label of a draft: {named(bare)}")
    return ok(f"{len(drafts)} sources are drafts and are called so at each citation")


def no_claim_of_conformity(asked: Asked) -> Answer:
    """G-15: neither the evidence nor the matrix says compliant, certified or FDA approved."""
    bundle = asked.bundle
    texts = {
        "protocol": bundle.protocol,
        "model card": bundle.model,
        "checks": bundle.steps,
        "figures": bundle.figures,
        "tables": bundle.tables,
        "matrix": [(row.title, row.text, row.gaps) for row in asked.matrix.rows],
    }
    found = [
        f"{where} ({match.group(0)})"
        for where, content in texts.items()
        for match in CLAIMS.finditer(json.dumps(plain(content), ensure_ascii=False))
    ]
    return failed(f"words of conformity: {named(found)}") if found else ok("no such word was found")


def status_not_stale(asked: Asked) -> Answer:
    """G-16: the status of each source was looked at within the last 180 days."""
    sources = asked.requirements.sources.values()
    ages = {one.id: (asked.today - date.fromisoformat(one.checked)).days for one in sources}
    stale = [name for name, age in ages.items() if age > STALE_DAYS]
    if stale:
        return failed(f"not looked at for more than {STALE_DAYS} days: {named(stale)}")
    return ok(f"{len(ages)} sources, the oldest looked at {max(ages.values())} days ago")


def tool_tested(asked: Asked) -> Answer:
    """G-17: the toolkit was tested in the environment of the run."""
    version = asked.bundle.software_version
    seen = f"the evidence of samd-validate {version} holds no record of a self-test"
    return left_open(seen, "the log of the toolkit's tests in the same environment")
