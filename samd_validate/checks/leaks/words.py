"""Words and codes by which a variable gives the outcome away, or is known only afterwards."""

from __future__ import annotations

import re

PATTERNS = (
    (
        "death",
        r"\b(died|deaths?|dead(?! ?space)|deceased|death ?time|autopsy|post ?mortem|"
        r"brain ?dea(th|d)|organ (donat|procure)\w*|(?<!predicted )mortality(?! (risk|score))|"
        r"surviv(al|ed)|expired?(?! (tidal|minute|air|volume|co2|o2))|expire ?flag|dod)\b",
    ),
    (
        "end-of-life care",
        r"\b(comfort (care|measures?)|cmo|palliat\w*|hospice|dnr|dni|"
        r"do not (resuscitat|intubat)\w*|"
        r"with(draw\w*|h[eo]ld\w*) (of )?(care|life|support|therapy|treatment)\w*|"
        r"end of life|terminal (wean|extubat)\w*|goals? of care|code status|no cpr|"
        r"(care|treatment) limitation|limitation of (care|therapy|treatment)|morgue)\b",
    ),
    (
        "known at discharge only",
        r"disch(arge)?|\b(length of stay|los|disposition|out ?time|last care ?unit|drg)\b|"
        r"\b(whole|entire|total|full) (stay|admission)\b",
    ),
)
CODES = re.compile(r"^(Z66|Z515|G9382|R99|I46\d*|V667|V4986|34882|4275|798\d*)$")
"""Diagnosis codes (ICD-10-CM, ICD-9-CM): no resuscitation, palliative care, brain death, arrest."""
_COMPILED = tuple((meaning, re.compile(pattern)) for meaning, pattern in PATTERNS)


def outcome_meaning(text: str) -> str:
    """Return in what way a name, label or level tells of the outcome; empty if it does not.

    >>> outcome_meaning("unitDischargeOffset"), outcome_meaning("expired tidal volume")
    ('known at discharge only', '')
    >>> outcome_meaning("Comfort care (CMO)"), outcome_meaning("Z51.5"), outcome_meaning("lactate")
    ('end-of-life care', 'diagnosis code of death or end-of-life care', '')
    """
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    plain = re.sub(r"[^a-z0-9]+", " ", plain.lower()).strip()
    for meaning, pattern in _COMPILED:
        if pattern.search(plain):
            return meaning
    parts = (re.sub(r"[^A-Z0-9]", "", part.upper()) for part in re.split(r"[\s,;|]+", text))
    if any(CODES.match(part) for part in parts):
        return "diagnosis code of death or end-of-life care"
    return ""
