"""One draw of a simulated hospital, or of a batch of its stays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from samd_validate.readers.simulation.course import Course, draw_course
from samd_validate.readers.simulation.measurements import Charted, draw_charted
from samd_validate.readers.simulation.people import RIVERSIDE, SITES, People, Site, draw_people


@dataclass(frozen=True, kw_only=True)
class Draw:
    """A site, its people, the course of their stays, and what was charted.

    Stays and patients are numbered on from ``first_stay`` and ``first_patient``.
    """

    site: Site
    people: People
    course: Course
    charted: Charted
    window_hours: float
    first_stay: int = 0
    first_patient: int = 0


def site_of(name: str, *, is_planted: bool) -> Site:
    """Return a site, or its twin: the second hospital then differs in nothing but its name."""
    return SITES[name] if is_planted else replace(RIVERSIDE, name=name)


def draw_stays(
    site: Site,
    stays: int,
    window_hours: float,
    generator: np.random.Generator,
) -> Draw:
    """Draw so many stays of a site."""
    people = draw_people(site, stays, generator)
    charted = draw_charted(site, people, window_hours, generator)
    course = draw_course(people, window_hours, generator)
    return Draw(site=site, people=people, course=course, charted=charted, window_hours=window_hours)
