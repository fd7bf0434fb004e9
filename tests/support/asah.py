"""The data set aSAH of the package pROC, and what its authors' own tests print of it.

113 patients with an aneurysmal subarachnoid haemorrhage, 41 of them with a poor outcome at six
months (Turck et al. 2010, doi:10.1007/s00134-009-1641-y; Robin et al. 2011,
doi:10.1186/1471-2105-12-77). Three markers, higher is worse: the clinical grade ``wfns`` (1 to 5)
and the proteins ``s100b`` and ``ndka`` (micrograms per litre). The printed figures are facts
recorded from pROC's test suite; none of its code stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from samd_validate.core.arrays import Column, read_only


@dataclass(frozen=True, kw_only=True)
class Step:
    """A corner of a printed ROC curve: patients of each class on the right side of a threshold."""

    threshold: float
    n_poor_above: int
    n_good_below: int


def _numbers(text: str) -> Column:
    return read_only(np.array([float(word) for word in text.split()]), np.float64)


def _steps(text: str) -> tuple[Step, ...]:
    corners = (word.split(":") for word in text.split())
    return tuple(
        Step(threshold=float(at), n_poor_above=int(above), n_good_below=int(below))
        for at, above, below in corners
    )


# one figure or number a patient, in the order of the data set
IS_POOR = _numbers(
    """
    0 0 0 0 1 1 0 1 0 0 1 0 1 1 0 0 1 0 1 1 1 0 1 0 0 0 0 0 0 0 0 0 1 0 0 1 1 0 1 1 0 0 0 0 0 0
    0 0 0 1 1 0 0 0 1 0 0 0 1 0 1 0 0 1 1 1 0 1 1 0 1 1 1 1 0 0 0 1 1 0 1 0 0 0 0 0 0 1 0 0 0 0
    0 0 0 0 0 0 0 0 1 1 1 1 1 1 0 0 0 1 0 0 0
    """
)
MARKERS: Mapping[str, Column] = MappingProxyType(
    {
        "wfns": _numbers(
            """
    1 1 1 1 3 2 5 4 1 2 5 2 5 5 1 2 5 2 2 5 2 1 1 1 1 2 1 2 1 1 3 4 2 1 4 5 4 1 4 2 5 5 1 1 2 4
    1 1 2 5 5 2 1 2 5 1 2 2 2 1 5 1 1 2 5 2 1 4 5 2 4 4 1 4 1 2 1 4 2 1 2 3 2 4 2 1 4 5 1 1 5 4
    2 2 1 1 1 3 1 2 5 2 2 5 5 5 2 4 4 5 1 1 1
            """
        ),
        "s100b": _numbers(
            """
    0.13 0.14 0.1 0.04 0.13 0.1 0.47 0.16 0.18 0.1 0.12 0.1 0.44 0.71 0.04 0.08 0.49 0.04 0.07
    0.33 0.09 0.09 0.07 0.11 0.07 0.17 0.07 0.11 0.13 0.19 0.05 0.16 0.41 0.14 0.34 0.35 0.48
    0.09 0.96 0.25 0.5 0.46 0.16 0.07 0.43 0.45 0.11 0.08 0.09 0.86 0.52 0.08 0.06 0.13 2.07 0.1
    0.14 0.15 0.07 0.06 0.77 0.05 0.09 0.3 0.03 0.09 0.04 0.23 0.7 0.09 0.27 0.71 0.08 0.26 0.08
    0.16 0.09 0.13 0.1 0.08 0.11 0.33 0.11 0.28 0.07 0.1 0.32 0.22 0.07 0.05 0.24 0.38 0.1 0.15
    0.08 0.14 0.1 0.07 0.04 0.19 0.56 0.14 0.58 0.32 0.82 0.74 0.15 0.47 0.17 0.44 0.15 0.5 0.48
            """
        ),
        "ndka": _numbers(
            """
    3.01 8.54 8.09 10.42 17.4 12.75 6 13.2 15.54 6.01 15.96 17.86 5.18 8.9 13.41 20.75 11.6
    16.11 32.37 54.82 32.41 49.94 40.34 9.47 6.29 12.53 6.54 6.3 80.3 12.8 9.8 9.81 9.85 18.21
    5.03 14.04 21.93 8.02 7.42 8.38 6.59 9.63 13.12 7.96 14.34 41.43 7.63 7.06 12.59 13.56 3.87
    9.44 7.66 12.98 419.19 27.19 22.27 9.95 21.22 11.73 10.4 58.83 6.39 11.09 12.22 13.67 17.21
    22.63 12.9 9.7 21.57 8.23 72.57 15.54 10.51 10.6 14.57 5.19 9.63 4.61 21.48 17.3 12.71 9.44
    11.07 19.46 10.83 5.37 11.97 7.75 9.83 10.55 28.49 8.53 12.57 12.9 46.83 11.68 12.67 9.01
    9.57 34.06 11.72 14.26 47.61 11.67 24.58 10.33 13.87 15.89 22.43 6.79 13.45
            """
        ),
    }
)

# threshold : poor outcomes above it : good outcomes below it; without the ends, where all or nobody
# is above. Of wfns the grade itself is printed (at or above it): here the half below it.
CURVES: Mapping[str, tuple[Step, ...]] = MappingProxyType(
    {
        "wfns": _steps("1.5:39:37 2.5:27:57 3.5:26:60 4.5:18:68"),
        "s100b": _steps(
            """
    0.035:40:0 0.045:40:5 0.055:40:8 0.065:40:10 0.075:37:16 0.085:36:22 0.095:34:28 0.105:32:35
    0.115:31:39 0.125:30:39 0.135:28:42 0.145:27:46 0.155:27:50 0.165:26:53 0.175:26:55
    0.185:26:56 0.205:26:58 0.225:25:58 0.235:24:58 0.245:24:59 0.255:23:59 0.265:22:59
    0.275:21:59 0.29:21:60 0.31:20:60 0.325:19:61 0.335:18:62 0.345:18:63 0.365:17:63
    0.395:17:64 0.42:16:64 0.435:16:65 0.445:14:65 0.455:14:66 0.465:14:67 0.475:14:69
    0.485:13:70 0.495:12:70 0.51:12:72 0.54:11:72 0.57:10:72 0.64:9:72 0.705:8:72 0.725:6:72
    0.755:5:72 0.795:4:72 0.84:3:72 0.91:2:72 1.515:1:72
            """
        ),
        "ndka": _steps(
            """
    3.44:41:1 4.24:40:1 4.82:40:2 5.105:40:3 5.185:39:3 5.28:38:3 5.685:37:3 6.005:37:4
    6.15:37:5 6.295:37:6 6.345:37:7 6.465:37:8 6.565:37:9 6.69:37:10 6.925:37:11 7.24:37:12
    7.525:36:12 7.645:36:13 7.705:36:14 7.855:36:15 7.99:36:16 8.055:36:17 8.16:36:18
    8.305:35:18 8.455:34:18 8.535:34:19 8.72:34:20 8.955:33:20 9.225:33:21 9.455:33:23
    9.52:33:24 9.6:32:24 9.665:31:25 9.75:31:26 9.805:31:27 9.82:31:28 9.84:31:29 9.9:30:29
    10.14:30:30 10.365:30:31 10.41:29:31 10.465:29:32 10.53:29:33 10.575:29:34 10.715:29:35
    10.95:29:36 11.08:29:37 11.345:28:37 11.635:27:37 11.675:26:37 11.7:26:38 11.725:25:38
    11.85:25:39 12.095:25:40 12.375:24:40 12.55:24:41 12.58:24:42 12.63:24:43 12.69:24:44
    12.73:24:45 12.775:23:45 12.85:23:46 12.94:22:47 13.05:22:48 13.16:22:49 13.305:21:49
    13.43:21:50 13.505:21:51 13.615:20:51 13.77:19:51 13.955:19:52 14.15:18:52 14.3:17:52
    14.455:17:53 15.055:17:54 15.715:16:55 15.925:15:55 16.035:14:55 16.66:14:56 17.255:14:57
    17.35:14:58 17.63:13:58 18.035:13:59 18.835:13:60 20.105:13:61 20.985:13:62 21.35:12:62
    21.525:11:62 21.75:10:62 22.1:9:62 22.35:9:63 22.53:9:64 23.605:8:64 25.885:8:65 27.84:8:66
    30.43:8:67 32.39:7:67 33.235:6:67 37.2:5:67 40.885:4:67 44.13:4:68 47.22:4:69 48.775:3:69
    52.38:3:70 56.825:2:70 65.7:2:71 76.435:1:71 249.745:1:72
            """
        ),
    }
)

# fifteen significant digits, as printed
AUROC = {"wfns": 0.823678861788618, "s100b": 0.731368563685637, "ndka": 0.611957994579946}
AUROC_TURNED = {"wfns": 0.176321138211382, "s100b": 0.268631436314363, "ndka": 0.388042005420054}
VARIANCE = {"wfns": 0.00146991470882363, "s100b": 0.00266868245717244, "ndka": 0.0031908105493913}
COVARIANCE = {
    ("wfns", "ndka"): -0.000532967856762438,
    ("ndka", "s100b"): -0.000756164938056579,
    ("s100b", "wfns"): 0.00119615567376754,
}
PARTIAL_AUROC = {"wfns": 0.0334417344173442, "ndka": 0.0107046070460705}
PARTIAL_AUROC_MCCLISH = {"wfns": 0.649693339038653, "ndka": 0.530024247610897}
INTERVAL_NDKA = (0.501244999271703, 0.722670989888189)
INTERVAL_S100B = (0.6301, 0.8326)


@dataclass(frozen=True, kw_only=True)
class PrintedTest:
    """A printed test of two AUROCs; ``low`` and ``high`` are not printed for independent ones."""

    z: float
    p_value: float
    low: float = float("nan")
    high: float = float("nan")


PAIRED = {
    ("wfns", "s100b"): PrintedTest(
        z=2.20898359144091,
        p_value=0.0271757822291882,
        low=0.0104061769564846,
        high=0.174214419249478,
    ),
    ("wfns", "ndka"): PrintedTest(
        z=2.79777591868904,
        p_value=0.00514557970691098,
        low=0.0634011709339876,
        high=0.3600405634833566,
    ),
    ("ndka", "s100b"): PrintedTest(
        z=-1.39077002573558,
        p_value=0.164295175223054,
        low=-0.2876917446341914,
        high=0.0488706064228094,
    ),
}
# here the p-value is Student's, with Satterthwaite's degrees of freedom over both samples
INDEPENDENT = {
    ("wfns", "s100b"): PrintedTest(z=1.43490640926908, p_value=0.152825378808796),
    ("wfns", "ndka"): PrintedTest(z=3.10125096778969, p_value=0.00220950791756457),
    ("ndka", "s100b"): PrintedTest(z=-1.55995743389685, p_value=0.120192832430845),
}
