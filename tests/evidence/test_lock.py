"""The lock of a protocol: what it covers, what makes it void, and how it is amended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from black_box import small_black_box

from samd_validate.core.errors import CannotRun
from samd_validate.evidence.identity import load_identity, new_identity, sign, signature_fault
from samd_validate.evidence.locking import (
    Amending,
    lock_protocol,
    lock_state,
    record_fault,
    signer_of,
)
from samd_validate.pipeline import planned
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.lock import Signer, changes_between, load_lock, lock_path

pytestmark = pytest.mark.requirement("REQ-PRESPECIFICATION")
WHO = Signer(name="A. Tester", role="author", meaning="as planned")


def state_of(path: Path) -> dict[str, Any]:
    return lock_state(path, planned(path))


@pytest.fixture
def protocol(tmp_path: Path) -> Path:
    path = tmp_path / "p.yaml"
    small_black_box(path)
    return path


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("identity") / "me.p12"
    new_identity(path, "A. Tester", "a long password")
    return path


def second_version(protocol: Path, *changes: tuple[str, str]) -> Path:
    text = protocol.read_text().replace("version: 1.0.0", "version: 1.1.0")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = protocol.with_name("second.yaml")
    path.write_text(text)
    return path


STRICTER = ("at_least: 0.75", "at_least: 0.8")


def amending(protocol: Path, **changed: Any) -> Amending:
    told = {"lock": lock_path(protocol), "reason": "the bound was too low", "date": "2026-01-31"}
    return Amending(**{**told, "looks_before": 0, **changed})


@pytest.mark.parametrize("words", [("", "author", "as planned"), ("A. Tester", " ", "x")])
def test_signer_without_name_role_or_meaning_is_refused(words: tuple[str, str, str]) -> None:
    with pytest.raises(CannotRun, match="less than three letters"):
        signer_of(*words)


def test_protocol_without_a_lock_is_a_draft(protocol: Path) -> None:
    assert state_of(protocol)["state"] == "draft"


def test_locked_protocol_says_by_whom_and_when(protocol: Path) -> None:
    place = lock_protocol(protocol, planned(protocol), WHO)
    assert place.name == "p.lock.json"
    state = state_of(protocol)
    assert (state["state"], state["why"]) == ("locked", "")
    assert state["record"]["signer"]["name"] == "A. Tester"
    assert record_fault(state, planned(protocol).loaded.digest) == ""


def test_protocol_is_locked_once(protocol: Path) -> None:
    lock_protocol(protocol, planned(protocol), WHO)
    with pytest.raises(CannotRun, match="there already"):
        lock_protocol(protocol, planned(protocol), WHO)


def test_layout_and_comments_leave_a_lock_as_it_is(protocol: Path) -> None:
    lock_protocol(protocol, planned(protocol), WHO)
    protocol.write_text("# a comment\n" + protocol.read_text())
    assert state_of(protocol)["state"] == "locked"


@pytest.mark.requirement("SW-LOCK-VOID")
def test_changed_protocol_makes_its_lock_void_and_names_the_keys(protocol: Path) -> None:
    lock_protocol(protocol, planned(protocol), WHO)
    protocol.write_text(protocol.read_text().replace(*STRICTER))
    state = state_of(protocol)
    assert state["state"] == "void"
    assert "criteria[ranking].at_least" in state["why"]


@pytest.mark.requirement("SW-LOCK-VOID")
def test_changed_recipe_makes_a_lock_void(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    path, recipe = tmp_path / "icu.yaml", tmp_path / "models" / "lstm_icu.yaml"
    path.write_bytes((shipped("protocols") / "icu_mortality.yaml").read_bytes())
    lock_protocol(path, planned(path), WHO)
    assert state_of(path)["state"] == "locked"
    text = (shipped("models") / "lstm_icu.yaml").read_text()
    recipe.write_text(text.replace("members: ", "members: 1"))
    state = state_of(path)
    assert (state["state"], "lstm_icu" in state["why"]) == ("void", True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "broken JSON"),
        (b"\xff", "broken JSON"),
        (b"[]", "no mapping of keys"),
        (b"{}", "no key 'protocol_id'"),
        (b'{"a": NaN}', "the number NaN|broken JSON"),
        (b'{"a": 1, "a": 2}', "a key a second time"),
        (b"[" * 200_000, "nesting beyond every limit"),
        (b" " * 3_000_000, "3000000 bytes"),
    ],
    ids=["empty", "no text", "list", "bare", "nan", "twice", "deep", "large"],
)
def test_file_that_is_no_lock_is_told(protocol: Path, content: bytes, words: str) -> None:
    lock_path(protocol).write_bytes(content)
    with pytest.raises(CannotRun, match=words):
        state_of(protocol)


def test_lock_with_another_content_than_its_digest_is_told(protocol: Path) -> None:
    place = lock_protocol(protocol, planned(protocol), WHO)
    place.write_bytes(place.read_bytes().replace(b'"seed":1', b'"seed":2'))
    with pytest.raises(CannotRun, match="not that of its digest"):
        state_of(protocol)


@pytest.mark.requirement("SW-LOCK-SIGNED")
def test_signed_lock_names_its_certificate(protocol: Path, identity: Path) -> None:
    signer = load_identity(identity, "a long password")
    lock_protocol(protocol, planned(protocol), WHO, signer)
    state = state_of(protocol)
    assert state["state"] == "locked"
    assert "A. Tester" in state["certificate"]
    assert "vouched for by itself alone" in state["certificate"]


def test_signed_lock_with_another_signer_or_time_is_void(protocol: Path, identity: Path) -> None:
    signer = load_identity(identity, "a long password")
    place = lock_protocol(protocol, planned(protocol), WHO, signer)
    for old, new in ((b"A. Tester", b"B. Tester"), (b"T0", b"T1"), (b"T1", b"T0")):
        content = place.read_bytes()
        if old not in content:
            continue
        place.write_bytes(content.replace(old, new, 1))
        state = state_of(protocol)
        assert (state["state"], state["why"]) == ("void", "the signature is not of this content")
        place.write_bytes(content)


@pytest.mark.requirement("SW-LOCK-SIGNED")
def test_every_changed_byte_of_a_signed_lock_is_found(protocol: Path, identity: Path) -> None:
    signer = load_identity(identity, "a long password")
    place = lock_protocol(protocol, planned(protocol), WHO, signer)
    digest, whole = planned(protocol).loaded.digest, state_of(protocol)
    content = place.read_bytes()
    missed = []
    for position in range(0, len(content), 37):
        changed = bytearray(content)
        changed[position] ^= 1
        try:
            record = json.loads(bytes(changed))
        except ValueError:
            continue
        state = {**whole, "record": record}
        if bytes(changed).strip() != content.strip() and not record_fault(state, digest):
            missed.append(position)
    assert missed == []


@pytest.mark.parametrize(
    ("password", "name", "words"),
    [("short", "A. Tester", "a password of 5"), ("a long password", " ", "no name")],
)
def test_identity_with_a_short_password_or_no_name_is_refused(
    tmp_path: Path, password: str, name: str, words: str
) -> None:
    with pytest.raises(CannotRun, match=words):
        new_identity(tmp_path / "me.p12", name, password)
    assert list(tmp_path.iterdir()) == []


def test_identity_is_not_written_over_and_only_its_owner_reads_it(identity: Path) -> None:
    with pytest.raises(CannotRun, match="a file of that name"):
        new_identity(identity, "A. Tester", "a long password")
    assert identity.stat().st_mode & 0o077 == 0


def test_wrong_password_and_damaged_identity_are_told(identity: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="does not open it"):
        load_identity(identity, "another password")
    damaged = tmp_path / "me.p12"
    damaged.write_bytes(identity.read_bytes()[:100])
    with pytest.raises(CannotRun, match="does not open it"):
        load_identity(damaged, "a long password")


def test_signature_of_each_kind_of_key_holds_for_its_content_alone(identity: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
    from self_made import certificate_for

    from samd_validate.evidence.identity import Identity

    keys = [ed25519.Ed25519PrivateKey.generate(), rsa.generate_private_key(65537, 2048)]
    identities = [Identity(key=key, certificate=certificate_for(key)) for key in keys]
    for one in (*identities, load_identity(identity, "a long password")):
        made = sign(one, b"content")
        assert signature_fault(made, b"content") == ""
        assert signature_fault(made, b"Content") == "the signature is not of this content"
        stranger = made.model_copy(update={"certificate": "no certificate"})
        assert "cannot be read" in signature_fault(stranger, b"content")


@pytest.mark.requirement("SW-LOCK-AMEND")
def test_amendment_links_to_the_lock_before_and_lists_every_key(
    protocol: Path, identity: Path
) -> None:
    first = lock_protocol(protocol, planned(protocol), WHO)
    second = second_version(protocol, STRICTER)
    place = lock_protocol(second, planned(second), WHO, None, amending(protocol, looks_before=2))
    lock, _ = load_lock(place)
    (amendment,) = lock.amendments
    assert amendment.previous_protocol == load_lock(first)[0].protocol_digest
    assert (amendment.from_version, amendment.to_version) == ("1.0.0", "1.1.0")
    changes = [(change.key, change.before, change.after) for change in amendment.changes]
    assert changes == [("criteria[ranking].at_least", "0.75", "0.8")]
    assert amendment.looks_before == 2
    assert state_of(second)["state"] == "locked"


def test_second_amendment_keeps_the_first(protocol: Path) -> None:
    lock_protocol(protocol, planned(protocol), WHO)
    second = second_version(protocol, STRICTER)
    lock_protocol(second, planned(second), WHO, None, amending(protocol))
    third = second.with_name("third.yaml")
    third.write_text(second.read_text().replace("1.1.0", "2.0.0").replace("seed: 1", "seed: 2"))
    place = lock_protocol(third, planned(third), WHO, None, amending(second))
    steps = [(a.from_version, a.to_version) for a in load_lock(place)[0].amendments]
    assert steps == [("1.0.0", "1.1.0"), ("1.1.0", "2.0.0")]


def test_every_misfit_of_an_amendment_is_told_together(protocol: Path) -> None:
    lock_protocol(protocol, planned(protocol), WHO)
    other = protocol.with_name("other.yaml")
    other.write_text(protocol.read_text().replace("id: my-validation", "id: another"))
    with pytest.raises(CannotRun) as told:
        lock_protocol(other, planned(other), WHO, None, amending(protocol))
    assert len(told.value.problems) == 2
    assert not lock_path(other).exists()


@pytest.mark.parametrize("changed", [{"reason": ""}, {"date": "31.1.2026"}])
def test_amendment_without_a_reason_or_a_date_is_refused(
    protocol: Path, changed: dict[str, str]
) -> None:
    lock_protocol(protocol, planned(protocol), WHO)
    second = second_version(protocol, STRICTER)
    with pytest.raises(CannotRun, match=next(iter(changed))):
        lock_protocol(second, planned(second), WHO, None, amending(protocol, **changed))


def test_amendment_that_changes_nothing_is_refused(protocol: Path) -> None:
    lock_protocol(protocol, planned(protocol), WHO)
    second = second_version(protocol)
    with pytest.raises(CannotRun, match="nothing is changed"):
        lock_protocol(second, planned(second), WHO, None, amending(protocol))


def test_parts_of_lists_go_by_their_ids() -> None:
    before = {"criteria": [{"id": "a", "x": 1}, {"id": "b", "x": 2.0}], "names": ["u"]}
    after = {"criteria": [{"id": "b", "x": 2}], "names": ["u", "v"]}
    changes = [(c.key, c.before, c.after) for c in changes_between(before, after)]
    assert changes == [
        ("criteria[a].id", '"a"', None),
        ("criteria[a].x", "1", None),
        ("names", '["u"]', '["u","v"]'),
    ]
