"""Figures of every kind, made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
from example_records import HAZARDOUS_NAME

from samd_validate.core.finding import Figure


def _curve(power: float) -> dict[str, list[float]]:
    x = np.linspace(0, 1, 41)
    y = x**power
    return {
        "fpr": x.tolist(),
        "tpr": y.tolist(),
        "low": np.clip(y - 0.03, 0, 1).tolist(),
        "high": np.clip(y + 0.03, 0, 1).tolist(),
    }


def _calibration_series(name: str, slope: float) -> dict[str, Any]:
    x = np.linspace(0.01, 0.9, 30)
    y = x**slope
    groups = [
        {
            "predicted": p,
            "observed": p**slope,
            "low": 0.8 * p**slope,
            "high": 1.15 * p**slope,
            "n": 401,
        }
        for p in (0.01, 0.03, 0.05, 0.08, 0.12, 0.18, 0.27, 0.45)
    ]
    return {
        "name": name,
        "predicted": x.tolist(),
        "observed": y.tolist(),
        "low": np.clip(y - 0.05, 0, 1).tolist(),
        "high": np.clip(y + 0.05, 0, 1).tolist(),
        "groups": groups,
        "histogram": {
            "edges": np.linspace(0, 1, 21).tolist(),
            "negatives": [int(1600 * 0.72**i) for i in range(20)],
            "positives": [int(40 * 0.93**i) for i in range(20)],
        },
    }


def figure(name: str, kind: str, title: str, content: dict[str, Any]) -> Figure:
    return Figure(
        id=name,
        kind=kind,
        title=title,
        caption="What to see here, in one sentence.",
        alt=f"{title}, described in words.",
        content=content,
    )


def example_figures() -> tuple[Figure, ...]:
    roc = {
        "series": [
            {
                "name": "Internal test part",
                "auroc": "0.86 (95% CI 0.85 to 0.88)",
                **_curve(0.18),
                "point": {"fpr": 0.22, "tpr": 0.80},
            },
            {
                "name": "Hospital B",
                "auroc": "0.83 (95% CI 0.81 to 0.85)",
                **_curve(0.24),
                "point": None,
            },
        ]
    }
    recall = np.linspace(0.01, 1, 40)
    pr = {
        "series": [
            {
                "name": "Internal test part",
                "recall": recall.tolist(),
                "precision": (0.95 - 0.84 * recall).tolist(),
                "low": (0.9 - 0.84 * recall).tolist(),
                "high": np.clip(1 - 0.84 * recall, 0, 1).tolist(),
                "prevalence": 0.11,
            }
        ]
    }
    forest_rows = [
        {
            "label": "All",
            "value": 0.862,
            "low": 0.845,
            "high": 0.879,
            "n": 4012,
            "n_events": 441,
            "reason": None,
        },
        {
            "label": "sex: F",
            "value": 0.87,
            "low": 0.84,
            "high": 0.9,
            "n": 1811,
            "n_events": 201,
            "reason": None,
        },
        {
            "label": "sex: M",
            "value": 0.858,
            "low": 0.83,
            "high": 0.886,
            "n": 2201,
            "n_events": 240,
            "reason": None,
        },
        {
            "label": f"ward: {HAZARDOUS_NAME}",
            "value": None,
            "low": None,
            "high": None,
            "n": 37,
            "n_events": 4,
            "reason": "fewer than 10 events",
        },
    ]
    bars = [
        {"label": name, "value": 0.9 - 0.1 * i, "unit": "log-odds"}
        for i, name in enumerate(
            (
                "Glasgow coma scale",
                "Blood urea nitrogen",
                "Age",
                "Lactate",
                "Respiratory rate",
                "Platelets",
            )
        )
    ]
    steps = [
        {"label": "Glasgow coma scale", "value": 0.82, "detail": "6 at hour 21"},
        {"label": "Blood urea nitrogen", "value": 0.55, "detail": "61 mg/dL at hour 18"},
        {"label": "Age", "value": -0.31, "detail": "44 years"},
        {"label": "21 other inputs", "value": 0.12, "detail": ""},
    ]
    hours = [1.0, 3.5, 6.0, 9.2, 13.0, 18.0, 23.0]
    timeline = {
        "variables": [
            {
                "name": "Heart rate",
                "unit": "/min",
                "hours": hours,
                "values": [88, 92, 101, 110, 118, 121, 126],
            },
            {"name": "Lactate", "unit": "mmol/L", "hours": [2.0, 14.0], "values": [1.9, 4.4]},
            {"name": "Bilirubin", "unit": "mg/dL", "hours": [], "values": []},
        ],
        "attribution": [[0.0, 0.1, 0.2, 0.4], [0.0, 0.0, 0.5, 0.6], [-0.2, -0.2, -0.2, -0.2]],
    }
    return (
        figure("roc", "roc", "Receiver operating characteristic", roc),
        figure("pr", "precision_recall", "Precision and recall", pr),
        figure(
            "cal",
            "calibration",
            "Calibration by population",
            {
                "series": [
                    _calibration_series("Internal test part", 1.0),
                    _calibration_series("Hospital B", 1.35),
                ]
            },
        ),
        figure(
            "forest",
            "forest",
            "AUROC by subgroup",
            {"measure": "AUROC", "reference": 0.862, "limits": [0.5, 1.0], "rows": forest_rows},
        ),
        figure(
            "shap-ranking",
            "bars",
            "Inputs by mean contribution",
            {"rows": bars, "x_label": "Mean absolute contribution (log-odds)"},
        ),
        figure(
            "shap-patient-1",
            "waterfall",
            "A patient at high risk: how the score came about",
            {"base": -2.4, "final": -1.22, "rows": steps, "x_label": "Log-odds of death"},
        ),
        figure("shap-patient-1-time", "timeline", "The same patient over time", timeline),
    )


def other_figures() -> tuple[Figure, ...]:
    """Kinds that the example run does not have."""
    x = [0.05, 0.1, 0.2, 0.3, 0.4]
    curve = {
        "name": "Device",
        "threshold": x,
        "net_benefit": [0.08, 0.06, 0.04, 0.02, 0.01],
        "low": [0.07, 0.05, 0.03, 0.01, 0.0],
        "high": [0.09, 0.07, 0.05, 0.03, 0.02],
    }
    return (
        figure(
            "dca",
            "decision_curve",
            "Net benefit",
            {"series": [curve], "treat_all": [0.07, 0.02, -0.1, -0.2, -0.4]},
        ),
        figure(
            "lc",
            "learning_curve",
            "Training",
            {"series": [{"name": "Tuning AUROC", "epoch": [1, 2, 3], "value": [0.7, 0.8, 0.82]}]},
        ),
        figure(
            "hist",
            "histogram",
            "Scores",
            {"edges": [0, 0.5, 1], "counts": [30, 4], "x_label": "Score"},
        ),
        figure(
            "heat",
            "heatmap",
            "Missing share by hour",
            {
                "rows": ["Lactate", "Heart rate"],
                "columns": ["0-6", "6-12"],
                "values": [[0.7, None], [0.1, 0.2]],
                "label": "share missing",
            },
        ),
    )
