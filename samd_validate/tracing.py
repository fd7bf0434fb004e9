"""From evidence folders to one matrix, its files, its gate, and requirements as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from samd_validate.core.errors import CannotRun, Problem, gather
from samd_validate.core.matrix import Matrix, State
from samd_validate.core.verdict import Outcome
from samd_validate.evidence.whole import write_whole
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.load import load_protocol, read_bytes
from samd_validate.publish import known_requirements
from samd_validate.report.html import environment
from samd_validate.trace.exchange import (
    requirements_csv,
    requirements_from_csv,
    requirements_yaml,
)
from samd_validate.trace.gate.run import RuleAnswer, answers, asked_of, load_rules
from samd_validate.trace.gate.supplied import load_supplied
from samd_validate.trace.join import joined
from samd_validate.trace.lines import COLUMNS, filtered, lines, make_filter
from samd_validate.trace.matrix import trace_matrix
from samd_validate.trace.own import load_own, own_of
from samd_validate.trace.runs import TracedRun, read_runs
from samd_validate.trace.spreadsheet import (
    FAIL_PALE,
    NONE_PALE,
    OPEN_PALE,
    PASS_PALE,
    Sheet,
    workbook_bytes,
)
from samd_validate.trace.suspects import Current
from samd_validate.trace.write import write_csv, write_html

COLOURS = {
    State.OPEN.value: FAIL_PALE,
    State.SUSPECT.value: NONE_PALE,
    State.PARTIAL.value: OPEN_PALE,
    State.EVIDENCE.value: PASS_PALE,
    Outcome.FAIL.value: FAIL_PALE,
    Outcome.INCONCLUSIVE.value: OPEN_PALE,
    Outcome.NOT_ASSESSED.value: NONE_PALE,
    Outcome.PASS.value: PASS_PALE,
}

OF_SOURCE = (
    "id",
    "short",
    "title",
    "issuer",
    "status",
    "date",
    "force",
    "draft_label",
    "verification",
    "checked",
)


@dataclass(frozen=True, kw_only=True)
class Traced:
    """Runs, the matrix of each as its protocol stands now, and all of them as one."""

    runs: tuple[TracedRun, ...]
    matrices: tuple[Matrix, ...]
    matrix: Matrix


def traced(folders: Sequence[Path], protocols: Sequence[Path] = ()) -> Traced:
    """Return the matrix over evidence folders; ``protocols`` as they stand now show what changed.

    Raises
    ------
    CannotRun
        With every folder that is no sealed run, and every protocol that cannot be read or that
        none of the runs carried out.
    """
    runs = read_runs(tuple(folders))
    now = _current(protocols)
    names = {str(run.bundle.protocol.get("id")) for run in runs}
    gather([_of_no_run(name, names) for name in now if name not in names])
    catalogue = known_requirements()
    matrices = tuple(
        trace_matrix(run, catalogue, now.get(str(run.bundle.protocol.get("id")))) for run in runs
    )
    return Traced(runs=runs, matrices=matrices, matrix=joined(matrices))


def _current(protocols: Sequence[Path]) -> Mapping[str, Current]:
    now = {}
    for path in protocols:
        loaded = load_protocol(path)
        own = load_own(path, loaded, known_requirements())
        now[loaded.protocol.id] = Current(protocol_digest=loaded.digest, own=own)
    return now


def _of_no_run(name: str, names: set[str]) -> Problem:
    return Problem(
        where="--protocol",
        found=f"the protocol {name!r}",
        expected=f"a protocol that one of the runs carried out: {', '.join(sorted(names))}",
        todo="name that one, or leave it out",
    )


def chosen(
    matrix: Matrix, sources: Sequence[str], states: Sequence[str], kinds: Sequence[str]
) -> Matrix:
    """Return the rows of some sources, states and kinds."""
    return filtered(matrix, make_filter(matrix, sources, states, kinds))


def write_matrix(matrix: Matrix, out: Path) -> tuple[Path, ...]:
    """Write the matrix as CSV, XLSX and HTML into a folder, and return their paths."""
    out.mkdir(parents=True, exist_ok=True)
    places = tuple(out / f"traceability.{ending}" for ending in ("csv", "xlsx", "html"))
    sheet = Sheet(name="traceability", columns=COLUMNS, rows=lines(matrix), looks=COLOURS)
    write_csv(matrix, places[0])
    write_whole(places[1], workbook_bytes([sheet, _sources()]))
    write_html(matrix, environment(shipped("templates")), places[2])
    return places


def _sources() -> Sheet:
    """Return the sources with their status and the day on which it was last looked at."""
    sources = known_requirements().sources.values()
    rows = [[str(getattr(one, key)).replace("_", " ") for key in OF_SOURCE] for one in sources]
    columns = [key.replace("_", " ") for key in OF_SOURCE]
    return Sheet(name="sources", columns=columns, rows=rows, looks={})


def today() -> date:
    """Return the day by the clock of this machine: only the age of a source is read from it."""
    return date.today()  # a day here is a day of the user's


def need_runs(folders: Sequence[Path]) -> None:
    """Refuse to trace nothing: an empty list would leave no gap to see.

    Raises
    ------
    CannotRun
        Without a folder.
    """
    if not folders:
        raise CannotRun(
            Problem(
                where="samd-validate trace",
                found="no run",
                expected="evidence folders of finished runs",
                todo="name them: samd-validate trace runs/NAME",
            )
        )


def gate_answers(traced: Traced, day: date, supplied: Path | None = None) -> tuple[RuleAnswer, ...]:
    """Return the answer to every rule of the gate, run by run.

    ``supplied`` is a file of the documents that the manufacturer names where a run cannot answer.

    Raises
    ------
    CannotRun
        With every fault of that file.
    """
    rules, catalogue = load_rules(shipped("traceability")), known_requirements()
    names = tuple(rule.id for rule in rules)
    documents = load_supplied(supplied, names) if supplied else {}
    return tuple(
        answer
        for run, matrix in zip(traced.runs, traced.matrices, strict=True)
        for answer in answers(rules, asked_of(run, matrix, catalogue, day), documents)
    )


def export_requirements(folders: Sequence[Path], protocols: Sequence[Path], place: Path) -> None:
    """Write requirements as CSV: those of protocols, else of runs' devices, else the catalogue."""
    owned = [current.own for current in _current(protocols).values()]
    owned = owned or [own_of(run.bundle) for run in read_runs(tuple(folders))]
    items = {item.id: item for own in owned for item in own.requirements}
    shown = items or dict(known_requirements().requirements)
    write_whole(place, requirements_csv(shown.values()))


def import_requirements(table: Path, out: Path) -> Path:
    """Read requirements from CSV and write them as a YAML file that a protocol can name.

    Raises
    ------
    CannotRun
        With every bad row at once, or if the YAML file is there already.
    """
    content = read_bytes(table, "requirements as CSV")
    items = requirements_from_csv(content, table.name, known_requirements())
    place = out / f"{table.stem}.yaml"
    if place.exists():
        raise CannotRun(
            Problem(
                where=str(place),
                found="a file of that name",
                expected="a new file: nothing is written over",
                todo="name another folder with --out, or move the file away",
            )
        )
    out.mkdir(parents=True, exist_ok=True)
    write_whole(place, requirements_yaml(items))
    return place
