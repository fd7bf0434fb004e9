"""What was seen, without an opinion: findings, the data of figures, and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from samd_validate.core.estimate import Measurement

ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One measured quantity in one population and subset.

    ``check`` is the step that made it, ``measure`` the quantity, ``population`` the part or data
    set (``"test"``, or the id of an external data set), ``subset`` is ``"all"`` or
    ``"<group>=<value>"``; ``figures`` names figures that show it.
    """

    check: str
    measure: str
    population: str
    subset: str
    measurement: Measurement
    figures: tuple[str, ...] = ()
    model: str = "device"

    @property
    def key(self) -> str:
        """Return the address by which criteria and readers find this number.

        >>> from samd_validate.core.estimate import NotEstimable
        >>> none = NotEstimable(code="one_class", reason="no deaths", n=3)
        >>> Finding(check="d", measure="auroc", population="test", subset="all",
        ...         measurement=none).key
        'd/auroc/test/all/device'
        """
        return "/".join((self.check, self.measure, self.population, self.subset, self.model))


@dataclass(frozen=True, kw_only=True)
class Figure:
    """The data of a picture; the report draws it.

    ``kind`` names a drawing of the report (``roc``, ``froc``, ``precision_recall``,
    ``calibration``, ``forest``, ``bars``, ``waterfall``, ``timeline``, ``histogram``); ``content``
    is JSON.
    ``caption`` says what to see, ``alt`` describes the picture to someone who cannot see it.
    """

    id: str
    kind: str
    title: str
    caption: str
    alt: str
    content: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of text and numbers; ``columns`` are heads, ``rows`` hold as many cells each."""

    id: str
    title: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, kw_only=True)
class CaseTable:
    """What was measured of each case of a population: one entry per row of it, in its order.

    None stands where a case has no such number. Who a case is stands nowhere in it; pseudonyms
    are added where it is written.
    """

    id: str
    population: str
    columns: Mapping[str, tuple[float | None, ...]]


@dataclass(frozen=True, kw_only=True)
class CheckOutput:
    """All that a check saw."""

    findings: tuple[Finding, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = field(default=())
    cases: tuple[CaseTable, ...] = ()
