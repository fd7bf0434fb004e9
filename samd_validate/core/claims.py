"""Words that no run can support: approvals, conformity, safety, proof, significance untested."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LONG_QUOTATION = 4
"""Words from which on something in quotation marks is a quotation, and not a claim in quotes."""
_I = re.IGNORECASE


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A claim as it was written, and what can be written in its place."""

    found: str
    instead: str


@dataclass(frozen=True, kw_only=True)
class _Rule:
    pattern: re.Pattern[str]
    instead: str
    allowed_beside: re.Pattern[str] | None = None


_REGULATORY = "which submission was made and when; a run shows no decision of an authority"
_RULES = (
    _Rule(
        pattern=re.compile(
            r"\bFDA[\s-]+(?:has\s+)?(?:approved|cleared|authori[sz]ed|certified|registered)\b"
            r"|\b(?:approved|cleared|authori[sz]ed|certified)\s+by\s+(?:the\s+)?FDA\b"
            r"|\b510\s?\(k\)[\s-]+cleared\b",
            _I,
        ),
        instead=_REGULATORY,
    ),
    _Rule(
        pattern=re.compile(
            r"\bCE[\s-]+(?:marked|certified|approved)\b|\b(?:has|have|bears?|with)\s+(?:a\s+|the\s+)?"
            r"CE[\s-]+mark(?:ing)?\b",
            _I,
        ),
        instead=_REGULATORY,
    ),
    _Rule(
        pattern=re.compile(
            r"(?<!non-)\bcompliant\b|\b(?:fully\s+)?compl(?:y|ies)\s+with\b|\bin\s+full\s+"
            r"(?:compliance|conformity)\b",
            _I,
        ),
        instead="for which clause there is which evidence; conformity is for others to judge",
    ),
    _Rule(
        pattern=re.compile(r"(?<![\w-])safe(?:ly)?(?![\w-]|\s+(?:harbou?r|side|mode)\b)", _I),
        instead="the hazard, its control, and what was measured",
    ),
    _Rule(
        pattern=re.compile(
            r"(?<![\w-])(?:unbiased|bias[\s-]free|free\s+(?:of|from)\s+bias)(?![\w-])"
            r"(?!\s+(?:estimat|varianc|standard|resid|sampl|U-stat))",
            _I,
        ),
        instead="between which groups which difference was measured, with its interval",
    ),
    _Rule(
        pattern=re.compile(r"(?<![\w-])(?:proven|guaranteed)(?![\w-])", _I),
        instead="what was measured, in whom, with its interval",
    ),
    _Rule(
        pattern=re.compile(
            r"(?<![\w-])significant(?:ly)?(?![\w-])(?!\s+(?:figures?|digits?|decimals?))", _I
        ),
        instead="the difference, its interval and the test with its p-value",
        allowed_beside=re.compile(
            r"\bp\s*(?:[<>=\u2264\u2265]|-?\s?values?\b)|\b(?:tests?|tested|interval|CI|alpha|"
            r"Holm|Bonferroni|null hypothesis)\b",
            _I,
        ),
    ),
)
_DENIES = re.compile(
    r"\b(?:not|no|never|nor|neither|none|nothing|nobody|without|cannot|whether|un(?:known|clear)|"
    r"lacks?|lacking|refuses?|forbids?|rather than|instead of|far from|\w+n['\u2019]t)\b",
    _I,
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_CLAUSE = re.compile(r",\s*(?:but|and|yet|so)\b|\bbut\b|\balthough\b|\bhowever\b", _I)
_QUOTED = re.compile(r'"([^"]*)"|\u201c([^\u201d]*)\u201d|\u00ab([^\u00bb]*)\u00bb')


def claims_in(text: str) -> tuple[Claim, ...]:
    """Return the claims in a text that a run cannot support, each as often as it is made.

    A denial in the same clause ("is not proven", "whether it is safe") is no claim, and neither
    is a quotation of four words or more. "Significant" may stand beside a test or its p-value.

    >>> [claim.found for claim in claims_in("FDA-cleared and safe; it is not proven.")]
    ['FDA-cleared', 'safe']
    >>> claims_in("Unsafe use was not significantly rarer; safety is a hazard.")
    ()
    """
    plain = unicodedata.normalize("NFKC", text)
    sentences = _SENTENCE.split(_QUOTED.sub(_without_quotation, plain))
    return tuple(claim for sentence in sentences for claim in _of_sentence(sentence))


def _without_quotation(match: re.Match[str]) -> str:
    inside = next((group for group in match.groups() if group is not None), "")
    return match.group() if len(inside.split()) < LONG_QUOTATION else " "


def _of_sentence(sentence: str) -> Iterator[Claim]:
    for rule in _RULES:
        if rule.allowed_beside is not None and rule.allowed_beside.search(sentence):
            continue
        for match in rule.pattern.finditer(sentence):
            if not _is_denied(sentence[: match.start()]):
                yield Claim(found=" ".join(match.group().split()), instead=rule.instead)


def _is_denied(before: str) -> bool:
    """Return whether the clause that leads to a claim denies or questions it."""
    clause = _CLAUSE.split(before)[-1]
    return _DENIES.search(clause) is not None


Place = tuple[str | int, ...]
NOT_CLAIMED = "not_for"
"""The key whose texts say what is not so."""


def texts_of(content: object, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Return every text of a JSON document with its place; lists of what is not so are left out.

    >>> list(texts_of({"a": ["b"], "not_for": ["safe use"], "n": 3}))
    [(('a', 0), 'b')]
    """
    if isinstance(content, str):
        yield place, content
    elif isinstance(content, Mapping):
        for key, inner in content.items():
            if key != NOT_CLAIMED:
                yield from texts_of(inner, (*place, str(key)))
    elif isinstance(content, list | tuple):
        for number, inner in enumerate(content):
            yield from texts_of(inner, (*place, number))
