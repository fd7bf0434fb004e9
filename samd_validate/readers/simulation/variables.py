"""The simulated variables: usual values, and which organ moves them.

Names, units and limits are those of the variable dictionary. Usual values and spreads are those of
adult intensive care in round numbers; they carry no patient's value.
"""

from __future__ import annotations

from dataclasses import dataclass

from samd_validate.core.cohort import Variable
from samd_validate.readers.events.dictionary import DictionaryVariable, shipped_dictionary

ORGANS = ("circulation", "lungs", "kidneys", "liver", "brain")


@dataclass(frozen=True, kw_only=True)
class SimulatedVariable:
    """A variable: where it lies in health, how it spreads, and how illness of an organ moves it.

    ``loading`` is the shift in ``spread`` units per unit of the organ's severity; ``diurnal`` the
    amplitude of the daily rhythm in the same units. With ``is_log`` the model holds on the
    logarithmic scale and ``usual`` is the median.
    """

    name: str
    panel: str
    organ: int
    usual: float
    spread: float
    loading: float
    diurnal: float = 0.0
    is_log: bool = False

    @property
    def entry(self) -> DictionaryVariable:
        """Return its entry in the dictionary."""
        return shipped_dictionary().named(self.name)

    @property
    def variable(self) -> Variable:
        """Return the variable as a cohort has it."""
        return self.entry.variable()


_ROWS: tuple[tuple[str, str, str, float, float, float, float, bool], ...] = (
    # name, panel, organ, usual, spread, loading, diurnal, is_log
    ("heart_rate", "vitals", "circulation", 84, 15, 0.55, 0.20, False),
    ("sbp", "vitals", "circulation", 122, 19, -0.50, 0.20, False),
    ("dbp", "vitals", "circulation", 63, 12, -0.45, 0.20, False),
    ("map", "vitals", "circulation", 82, 13, -0.55, 0.20, False),
    ("resp_rate", "vitals", "lungs", 18, 4.5, 0.60, 0.10, False),
    ("spo2", "vitals", "lungs", 96.5, 2.0, -0.45, 0.05, False),
    ("temperature", "temperature", "circulation", 37.0, 0.6, 0.15, 0.35, False),
    ("gcs", "neuro", "brain", 13.6, 2.2, -0.80, 0.0, False),
    ("urine_output", "urine", "kidneys", 150, 0.7, -0.45, 0.0, True),
    ("fio2", "oxygen", "lungs", 0.40, 0.25, 0.60, 0.0, True),
    ("sodium", "chemistry", "kidneys", 139, 4.5, 0.10, 0.0, False),
    ("potassium", "chemistry", "kidneys", 4.1, 0.5, 0.25, 0.0, False),
    ("chloride", "chemistry", "kidneys", 104, 5.5, 0.05, 0.0, False),
    ("bicarbonate", "chemistry", "kidneys", 24, 4, -0.55, 0.0, False),
    ("bun", "chemistry", "kidneys", 20, 0.55, 0.75, 0.0, True),
    ("creatinine", "chemistry", "kidneys", 1.0, 0.5, 0.70, 0.0, True),
    ("glucose", "chemistry", "circulation", 132, 0.28, 0.30, 0.10, True),
    ("wbc", "blood_count", "circulation", 10.5, 0.45, 0.35, 0.0, True),
    ("haemoglobin", "blood_count", "circulation", 10.6, 1.8, -0.25, 0.0, False),
    ("platelets", "blood_count", "liver", 195, 0.45, -0.40, 0.0, True),
    ("inr", "coagulation", "liver", 1.25, 0.28, 0.65, 0.0, True),
    ("bilirubin", "liver_tests", "liver", 0.9, 0.7, 0.80, 0.0, True),
    ("albumin", "liver_tests", "liver", 3.1, 0.6, -0.60, 0.0, False),
    ("lactate", "lactate", "circulation", 1.6, 0.5, 0.85, 0.0, True),
    ("ph", "blood_gas", "lungs", 7.38, 0.07, -0.60, 0.0, False),
    ("pao2", "blood_gas", "lungs", 115, 0.40, -0.35, 0.0, True),
    ("paco2", "blood_gas", "lungs", 41, 8, 0.15, 0.0, False),
    ("troponin_t", "troponin", "circulation", 0.08, 1.2, 0.45, 0.0, True),
)  # fmt: skip

SIMULATED = tuple(
    SimulatedVariable(
        name=name,
        panel=panel,
        organ=ORGANS.index(organ),
        usual=usual,
        spread=spread,
        loading=loading,
        diurnal=diurnal,
        is_log=is_log,
    )
    for name, panel, organ, usual, spread, loading, diurnal, is_log in _ROWS
)


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What is measured together: how often, how much oftener in the sick, and for whom.

    ``per_hour`` is the rate at average severity, ``sicker`` the log-rate per unit of severity,
    ``morning`` the share taken around 5 in the morning. Without suspicion a selective panel is
    not ordered: ``ordered`` and ``suspicion`` are intercept and slope of the log-odds of ordering
    it at all, on severity.
    """

    name: str
    per_hour: float
    sicker: float
    morning: float = 0.0
    ordered: float | None = None
    suspicion: float = 0.0
    is_laboratory: bool = True


PANELS = (
    Panel(name="vitals", per_hour=0.9, sicker=0.12, is_laboratory=False),
    Panel(name="temperature", per_hour=0.25, sicker=0.10, is_laboratory=False),
    Panel(name="neuro", per_hour=0.25, sicker=0.15, is_laboratory=False),
    Panel(name="urine", per_hour=0.5, sicker=0.10, is_laboratory=False),
    Panel(
        name="oxygen", per_hour=0.2, sicker=0.30, ordered=0.6, suspicion=0.9, is_laboratory=False
    ),
    Panel(name="chemistry", per_hour=0.085, sicker=0.25, morning=0.5),
    Panel(name="blood_count", per_hour=0.06, sicker=0.20, morning=0.6),
    Panel(name="coagulation", per_hour=0.04, sicker=0.25, morning=0.5, ordered=0.5, suspicion=0.6),
    Panel(name="liver_tests", per_hour=0.03, sicker=0.20, morning=0.5, ordered=-0.3, suspicion=0.7),
    Panel(name="lactate", per_hour=0.06, sicker=0.40, ordered=-0.2, suspicion=1.3),
    Panel(name="blood_gas", per_hour=0.07, sicker=0.40, ordered=0.0, suspicion=1.1),
    Panel(name="troponin", per_hour=0.04, sicker=0.15, ordered=-1.2, suspicion=0.4),
)
