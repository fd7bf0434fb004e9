"""The promise as a reader sees it: the lock, its amendments, and who read the labels before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samd_validate.core.bundle import Bundle
from samd_validate.core.looks import NOT_AVAILABLE, Looks, Reader
from samd_validate.report.build import Numbers, code, grid, items, number, part, texts
from samd_validate.report.tree import Block, Cell, Facts, Paragraph, Section
from samd_validate.report.words import count_words, population_words, short_digest

EXPLORATORY = "EXPLORATORY - THE PROTOCOL WAS NOT LOCKED"
NO_KEY = "a key that is not there"


def state_words(bundle: Bundle) -> str:
    """Return whether the protocol was locked, by whom and when, or why it was not."""
    if not bundle.is_locked:
        words = "lock void" if bundle.lock.get("state") == "void" else "draft, not locked"
        return f"{words}: {bundle.lock.get('why') or 'no lock of this protocol'}"
    record = part(bundle.lock, "record")
    if not record:
        return "locked"
    signer = part(record, "signer")
    return f"locked {record['locked_at']} by {signer['name']} ({signer['role']})"


def standing_words(bundle: Bundle) -> str:
    """Return what a summary must say: locked or exploratory, and looks at the labels before."""
    words = state_words(bundle)
    if not bundle.is_locked:
        return f"exploratory ({words}). Criteria that are not locked are no promise."
    if bundle.looks is None:
        return f"{words}."
    if bundle.looks.status == NOT_AVAILABLE:
        return f"{words}; how often the test labels had been scored before is not known."
    most = max((one.n_before for one in bundle.looks.looks), default=0)
    times = f"been scored {_times(most)} before" if most else "never been scored before"
    return f"{words}; the test labels had {times}, as far as the ledger knows."


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count_words(count)} times"


def promise(bundle: Bundle, numbers: Numbers) -> Section:
    """Return the section on what was promised before the labels were read."""
    return Section(
        id="promise",
        title="Lock, amendments, and looks at test labels",
        blocks=(
            Facts(rows=_lock_facts(bundle)),
            *_amendments(bundle, numbers),
            *_looks(bundle, numbers),
        ),
    )


def _lock_facts(bundle: Bundle) -> tuple[tuple[str, str], ...]:
    facts = [("State of the protocol", state_words(bundle))]
    record = part(bundle.lock, "record")
    if not record:
        return tuple(facts)
    signer = part(record, "signer")
    who = f"{signer['name']}, {signer['role']}: {signer['meaning']}"
    facts += [("Lock", f"version {record['version']}, {record['locked_at']} (clock of the signer)")]
    facts += [("Signed by", who), ("Signature", _signature_words(bundle))]
    facts += [("Digest of the lock", str(bundle.lock.get("lock_digest")))]
    recipes = part(record, "recipes")
    if recipes:
        named = ", ".join(f"{name} {short_digest(value)}" for name, value in recipes.items())
        facts.append(("Recipes locked with it", named))
    return tuple(facts)


def _signature_words(bundle: Bundle) -> str:
    record = part(bundle.lock, "record")
    signature = part(record, "signature")
    if not signature:
        return "none: name and time are as they were typed, and anybody could have written them"
    if not bundle.is_locked:
        return "present; it does not make this lock hold"
    return f"{signature['algorithm']}, checked; {bundle.lock.get('certificate')}"


def _amendments(bundle: Bundle, numbers: Numbers) -> list[Block]:
    amendments = items(part(bundle.lock, "record"), "amendments")
    if not amendments:
        return [Paragraph(text="The lock names no amendment.")] if bundle.is_locked else []
    blocks: list[Block] = []
    for place, amendment in enumerate(amendments, start=1):
        blocks.append(Paragraph(text=_amendment_words(amendment), look=_amendment_look(amendment)))
        versions = f"{amendment['from_version']} to {amendment['to_version']}"
        blocks.append(
            grid(
                numbers,
                f"amendment-{place}",
                f"What the amendment from version {versions} changed",
                ("Key", "Before", "After"),
                [_change(change) for change in amendment["changes"]],
                widths=(30, 35, 35),
                file="attachments/protocol_lock.json",
            )
        )
    return blocks


def _amendment_words(amendment: Mapping[str, Any]) -> str:
    looks = amendment["looks_before"]
    if looks is None:
        known = "Whether test labels had been read before is not known: there was no ledger."
    elif looks == 0:
        known = "No earlier version had scored test labels in this ledger."
    else:
        known = f"Earlier versions had scored test labels in {count_words(looks)} runs before it."
    return (
        f"Version {amendment['from_version']} was amended to {amendment['to_version']} on "
        f"{amendment['date']}: {amendment['reason'].rstrip('.')}. {known} It follows on the lock "
        f"{short_digest(amendment['previous_lock'])}."
    )


def _amendment_look(amendment: Mapping[str, Any]) -> str:
    return "" if amendment["looks_before"] == 0 else "warning"


def _change(change: Mapping[str, Any]) -> list[Cell]:
    sides = (change["before"], change["after"])
    return [code(str(change["key"])), *(code(NO_KEY if v is None else str(v)) for v in sides)]


def _looks(bundle: Bundle, numbers: Numbers) -> list[Block]:
    record = bundle.looks
    if record is None:
        return [Paragraph(text="No ledger of looks at test labels is in this bundle.", look="note")]
    if record.status == NOT_AVAILABLE:
        words = (
            f"The ledger was not available ({record.why}): how often these test labels had been "
            "scored before is not known."
        )
        return [Paragraph(text=words, look="warning")]
    blocks: list[Block] = [Paragraph(text=looks_words(one, bundle)) for one in record.looks]
    rows = [_reader_row(one, reader, bundle) for one in record.looks for reader in one.readers]
    if rows:
        columns = ("Population", "Protocol", "Digest", "State", "Labels", "Runs", "First (UTC)")
        title = "Runs that had scored these labels before"
        blocks.append(
            grid(
                numbers,
                "looks",
                title,
                columns,
                rows,
                caption="From the ledger of the place where this run was made; it knows no other.",
                widths=(16, 20, 14, 9, 16, 7, 18),
                look="small",
                file="looks.json",
            )
        )
    return blocks


def looks_words(looks: Looks, bundle: Bundle) -> str:
    """Return how often a population's labels had been scored, and whether the lock came first."""
    where = population_words(looks.population, bundle)
    if not looks.n_before:
        return f"{where}: these test labels had not been scored before, as far as the ledger knows."
    names = sorted({f"{one.protocol} {one.version}" for one in looks.readers})
    times = _times(looks.n_before)
    words = f"{where}: these test labels had been scored {times} before, by {', '.join(names)}."
    if not bundle.is_locked:
        return words
    locked = str(part(bundle.lock, "record").get("locked_at", ""))
    order = "before" if locked < looks.first_utc else "after"
    return f"{words} The protocol was locked {order} they were first scored."


def _reader_row(looks: Looks, reader: Reader, bundle: Bundle) -> list[Cell]:
    return [
        *texts(population_words(looks.population, bundle), f"{reader.protocol} {reader.version}"),
        code(short_digest(reader.digest)),
        *texts(
            "locked" if reader.was_locked else "draft",
            "these" if reader.is_same_part else "others of these data",
        ),
        number(count_words(reader.runs)),
        *texts(reader.first_utc[:16].replace("T", " ")),
    ]
