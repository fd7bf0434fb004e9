"""The variables of the Challenge: names, units, and limits outside which a value is an error.

Limits are wide, of the kind used for MIMIC (Harutyunyan et al. 2019,
doi:10.1038/s41597-019-0103-9): they mark what cannot be, not what is ill.
The Challenge lists magnesium in mmol/L; its values (median 2.0) are those of mg/dL, which is what
stands here.
"""

from __future__ import annotations

from samd_validate.core.cohort import Variable

_ROWS = (
    ("Albumin", "albumin", "g/dL", 0.5, 8, "Albumin"),
    ("ALP", "alkaline_phosphatase", "U/L", 1, 5000, "Alkaline phosphatase"),
    ("ALT", "alt", "U/L", 1, 20000, "Alanine aminotransferase"),
    ("AST", "ast", "U/L", 1, 30000, "Aspartate aminotransferase"),
    ("Bilirubin", "bilirubin", "mg/dL", 0.05, 80, "Bilirubin"),
    ("BUN", "bun", "mg/dL", 1, 300, "Blood urea nitrogen"),
    ("Cholesterol", "cholesterol", "mg/dL", 20, 1000, "Cholesterol"),
    ("Creatinine", "creatinine", "mg/dL", 0.05, 40, "Creatinine"),
    ("DiasABP", "dbp_invasive", "mm[Hg]", 5, 200, "Diastolic pressure, arterial line"),
    ("FiO2", "fio2", "1", 0.2, 1, "Inspired oxygen fraction"),
    ("GCS", "gcs", "{score}", 3, 15, "Glasgow coma scale"),
    ("Glucose", "glucose", "mg/dL", 5, 2000, "Glucose"),
    ("HCO3", "bicarbonate", "mmol/L", 2, 60, "Bicarbonate"),
    ("HCT", "haematocrit", "%", 5, 75, "Haematocrit"),
    ("HR", "heart_rate", "/min", 10, 300, "Heart rate"),
    ("K", "potassium", "mmol/L", 1, 12, "Potassium"),
    ("Lactate", "lactate", "mmol/L", 0.1, 40, "Lactate"),
    ("Mg", "magnesium", "mg/dL", 0.2, 12, "Magnesium"),
    ("MAP", "map_invasive", "mm[Hg]", 10, 250, "Mean pressure, arterial line"),
    ("MechVent", "mechanical_ventilation", "{recorded}", 1, 1, "Mechanical ventilation recorded"),
    ("Na", "sodium", "mmol/L", 90, 190, "Sodium"),
    ("NIDiasABP", "dbp_cuff", "mm[Hg]", 5, 200, "Diastolic pressure, cuff"),
    ("NIMAP", "map_cuff", "mm[Hg]", 10, 250, "Mean pressure, cuff"),
    ("NISysABP", "sbp_cuff", "mm[Hg]", 20, 300, "Systolic pressure, cuff"),
    ("PaCO2", "paco2", "mm[Hg]", 5, 200, "Arterial carbon dioxide pressure"),
    ("PaO2", "pao2", "mm[Hg]", 10, 700, "Arterial oxygen pressure"),
    ("pH", "ph", "[pH]", 6.3, 8, "Arterial pH"),
    ("Platelets", "platelets", "10*3/uL", 1, 3000, "Platelets"),
    ("RespRate", "resp_rate", "/min", 1, 100, "Respiration rate"),
    ("SaO2", "sao2", "%", 20, 100, "Arterial oxygen saturation"),
    ("SysABP", "sbp_invasive", "mm[Hg]", 20, 300, "Systolic pressure, arterial line"),
    ("Temp", "temperature", "Cel", 25, 45, "Temperature"),
    ("TroponinI", "troponin_i", "ug/L", 0, 500, "Troponin I"),
    ("TroponinT", "troponin_t", "ug/L", 0, 100, "Troponin T"),
    ("Urine", "urine_output", "mL", 0, 12000, "Urine output"),
    ("WBC", "wbc", "10*3/uL", 0.05, 500, "White blood cells"),
    ("Weight", "weight", "kg", 20, 400, "Weight"),
)

VARIABLES = tuple(
    Variable(name=name, unit=unit, low=low, high=high, label=label)
    for _, name, unit, low, high, label in _ROWS
)
POSITION = {source: index for index, (source, *_) in enumerate(_ROWS)}
DESCRIPTORS = frozenset({"RecordID", "Age", "Gender", "Height", "ICUType"})
PH = POSITION["pH"]
