"""Where a protocol answers what a statistical analysis plan must fix, element by element.

An element is answered only by what stands in the protocol or follows from how every run is made;
what a sentence says is for a reader to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from samd_validate.plan import Plan
from samd_validate.protocol.schema import Protocol, RecipeModel

ANSWERED, PARTLY, OPEN = "answered", "partly", "open"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A state (answered, partly, open), the key of the protocol, what it says and what lacks."""

    state: str
    key: str
    words: str
    lacks: str = ""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A plan, and the state of its lock."""

    plan: Plan
    lock: Mapping[str, object]

    @property
    def protocol(self) -> Protocol:
        """Return the protocol."""
        return self.plan.protocol

    def checks(self, *names: str) -> list[str]:
        """Return the steps of some checks."""
        return [one.step for one in self.protocol.checks if one.use in names]


def _full(key: str, words: str) -> Answer:
    return Answer(state=ANSWERED, key=key, words=words)


def _part(key: str, words: str, lacks: str) -> Answer:
    return Answer(state=PARTLY, key=key, words=words, lacks=lacks)


def _open(lacks: str, key: str = "") -> Answer:
    return Answer(state=OPEN, key=key, words="", lacks=lacks)


def _claim(asked: Asked) -> Answer:
    if not asked.protocol.criteria:
        return _part("intended_use", "the intended use", "no criterion links it to a requirement")
    return _full("intended_use", "the statement; criteria link it to requirements")


def _estimand(asked: Asked) -> Answer:
    words = "population, outcome, window and horizon, and the measure of each criterion"
    return _part("outcome", words, "how transfer, early death or limits of care are handled")


def _unit(asked: Asked) -> Answer:
    del asked
    return _full("intervals", "patients are resampled, not rows; sites stand with each unit")


def _primary(asked: Asked) -> Answer:
    count = len(asked.protocol.criteria)
    if not count:
        return _open("no criterion", "criteria")
    return _part(
        "criteria", f"{count} criteria with measure and bound", "which of them are primary"
    )


def _decision(asked: Asked) -> Answer:
    if not asked.protocol.criteria:
        return _open("no criterion, so no rule", "criteria")
    return _full("criteria", "a bound is kept only if the whole interval keeps it, or as stated")


def _goals(asked: Asked) -> Answer:
    if not asked.protocol.criteria:
        return _open("no criterion to justify", "criteria")
    return _full("criteria", "a rationale at every bound (its substance is for a reader)")


def _multiplicity(asked: Asked) -> Answer:
    if len(asked.protocol.criteria) == 1:
        return _full("criteria", "one criterion, so one family of one")
    if not asked.protocol.criteria:
        return _open("no criterion", "criteria")
    words = "each criterion is judged alone, and the run passes only if all of them do"
    return _part("criteria", words, "an adjustment, where one criterion alone may carry a claim")


def _secondary(asked: Asked) -> Answer:
    return _part(
        "checks", "what no criterion reads is described and never judged", "which are secondary"
    )


def _size(asked: Asked) -> Answer:
    protocol = asked.protocol
    if protocol.sizing is None:
        return _part("datasets", "least units and events of each data set", "sizing: assumptions")
    return _full("sizing", "assumptions; samd-validate plan-size says what they need")


def _eligibility(asked: Asked) -> Answer:
    del asked
    words = "the reader's rules and their parameters; every exclusion is counted in order"
    return _full("datasets", words)


def _reference(asked: Asked) -> Answer:
    words = "how the outcome is defined"
    return _part("outcome.definition", words, "adjudication, blinding, and the equivocal")


def _sets(asked: Asked) -> Answer:
    if asked.protocol.split is None:
        return _part("datasets", "each data set as a whole", "what becomes of rejected inputs")
    return _part(
        "split", "the parts and their shares, by patient", "what becomes of rejected inputs"
    )


def _missing(asked: Asked) -> Answer:
    steps = asked.checks("missingness", "missingness_stress", "imputation_sensitivity")
    if not steps:
        return _open("a check of what is missing, and a sensitivity analysis", "checks")
    if len(steps) == 1:
        return _part("checks", ", ".join(steps), "a sensitivity analysis beside it")
    return _full("checks", ", ".join(steps))


def _indeterminate(asked: Asked) -> Answer:
    del asked
    words = "a unit without a score stops the run: nothing is left out unseen"
    return _part("model", words, "a rule for outputs that the device calls indeterminate")


def _thresholds(asked: Asked) -> Answer:
    rule = asked.protocol.operating_point
    if rule is None:
        return _open("an operating point and where it was set", "operating_point")
    if rule.threshold is not None:
        return _full("operating_point", f"given ({rule.origin})")
    return _full("operating_point", f"chosen on the tuning part ({rule.choose})")


def _intervals(asked: Asked) -> Answer:
    intervals = asked.protocol.intervals
    words = f"{intervals.method}, {intervals.resamples} resamples, seed {asked.protocol.seed}"
    return _full("intervals", words)


def _calibration(asked: Asked) -> Answer:
    steps = asked.checks("calibration")
    return _full("checks", ", ".join(steps)) if steps else _open("a check of calibration", "checks")


def _subgroups(asked: Asked) -> Answer:
    steps = asked.checks("subgroups")
    if not steps:
        return _open("a check of subgroups", "checks")
    read = any(one.finding.subset != "all" for one in asked.protocol.criteria)
    words = "groups, least units and events" + ("; a criterion reads one" if read else "")
    return _full("checks", words) if read else _part("checks", words, "descriptive, or a claim")


def _sites(asked: Asked) -> Answer:
    steps = asked.checks("external_site")
    if steps:
        return _part("checks", ", ".join(steps), "a model of sites, where there are several")
    return _open("how sites differ, or that it cannot be assessed", "checks")


def _comparator(asked: Asked) -> Answer:
    model = asked.protocol.model
    scores = (model.scores or ()) if isinstance(model, RecipeModel) else ()
    names = [*model.comparators, *scores]
    if not names:
        return _open("a comparator, or that there is none", "model.comparators")
    return _full("model", f"{', '.join(names)}, on the same units")


def _robustness(asked: Asked) -> Answer:
    steps = asked.checks("corruption", "missingness_stress", "shortcut", "augmentation_ablation")
    return _full("checks", ", ".join(steps)) if steps else _open("a stress test", "checks")


def _looks(asked: Asked) -> Answer:
    budget = asked.protocol.looks
    if budget is None:
        return _open("looks: how often the test labels may be scored in all", "looks")
    return _full("looks", f"at most {budget.at_most}; the ledger counts, and a verdict says")


def _masking(asked: Asked) -> Answer:
    del asked
    words = "the audit trail says when labels were opened, the ledger which runs opened them"
    return _part("looks", words, "who is masked to what, and who keeps the labels")


def _amendments(asked: Asked) -> Answer:
    words = "samd-validate amend: reason, date, every changed key, and looks before it"
    if asked.lock.get("state") == "void":
        return _part("version", words, f"this version is not amended: {asked.lock.get('why')}")
    return _full("version", words)


def _software(asked: Asked) -> Answer:
    del asked
    return _full("seed", "versions, packages, revision, machine and seeds stand in every bundle")


def _reporting(asked: Asked) -> Answer:
    count = len(asked.protocol.checks)
    return _full("checks", f"{count} checks; what was not run or gave no number stays a row")


def _approval(asked: Asked) -> Answer:
    state = asked.lock.get("state")
    if state != "locked":
        return _open(f"a lock ({asked.lock.get('why')})")
    record = asked.lock.get("record")
    if isinstance(record, Mapping) and record.get("signature"):
        return _full("lock", "locked and signed")
    return _part("lock", "locked by name, role and time", "a signature (--identity)")


ANSWERS: Mapping[str, Callable[[Asked], Answer]] = MappingProxyType(
    {
        f"SAP-{number:02d}": answer
        for number, answer in enumerate(
            (
                _claim,
                _estimand,
                _unit,
                _primary,
                _decision,
                _goals,
                _multiplicity,
                _secondary,
                _size,
                _eligibility,
                _reference,
                _sets,
                _missing,
                _indeterminate,
                _thresholds,
                _intervals,
                _calibration,
                _subgroups,
                _sites,
                _comparator,
                _robustness,
                _looks,
                _masking,
                _amendments,
                _software,
                _reporting,
                _approval,
            ),
            start=1,
        )
    }
)
