"""A protocol is refused with every problem at once, each with its line and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from samd_validate.core.errors import CannotRun
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.json_schema import LOCK_SCHEMA_FILE, SCHEMA_FILE, schema_text
from samd_validate.protocol.load import load_protocol
from samd_validate.protocol.lock import Lock
from samd_validate.protocol.places import dataset_places
from samd_validate.protocol.yaml_text import MAX_BYTES, parse_yaml

DEFAULT = shipped("protocols") / "icu_mortality.yaml"


def changed(tmp_path: Path, *replacements: tuple[str, str]) -> Path:
    text = DEFAULT.read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "p.yaml"
    path.write_text(text)
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(CannotRun) as stopped:
        load_protocol(path)
    return [str(problem) for problem in stopped.value.problems]


@pytest.mark.requirement("SW-PROTOCOL-STRICT")
def test_unknown_key_is_named_with_its_line_and_the_nearest_spelling(tmp_path: Path) -> None:
    path = changed(tmp_path, ("seed: 20250115", "seed: 20250115\nsede: 1"))
    (problem,) = problems(path)
    line = path.read_text().splitlines().index("sede: 1") + 1
    assert problem.startswith(f"p.yaml:{line}\n")
    assert "did you mean 'seed'?" in problem


def test_unknown_key_deep_inside_is_compared_with_its_neighbours(tmp_path: Path) -> None:
    path = changed(tmp_path, ("min_units: 1000", "min_unit: 1000"))
    (problem,) = problems(path)
    assert "datasets.0.expect.min_unit" in problem
    assert "did you mean 'min_units'?" in problem


def test_wrong_word_of_a_choice_lists_the_words(tmp_path: Path) -> None:
    path = changed(tmp_path, ("method: random", "method: randon"))
    (problem,) = problems(path)
    assert "did you mean 'random'? allowed: random, site, temporal" in problem


def test_wrong_kind_of_model_lists_the_kinds(tmp_path: Path) -> None:
    path = changed(tmp_path, ("  use: recipe\n", "  use: recipes\n"))
    assert any("allowed: predictions_file, recipe" in problem for problem in problems(path))


@pytest.mark.requirement("SW-PROTOCOL-STRICT")
def test_wrong_types_and_missing_keys_come_all_together(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        ("seed: 20250115", "seed: soon"),
        ("version: 1.1.0", "version: 1.0"),
        ("  users: Intensive", "  user: Intensive"),
    )
    found = problems(path)
    assert len(found) == 4
    assert any("no key 'users'" in problem for problem in found)
    assert any("seed: 'soon'" in problem for problem in found)
    assert any("version: 1.0" in problem for problem in found)


def test_two_steps_of_one_name_are_refused(tmp_path: Path) -> None:
    path = changed(tmp_path, ("  - use: calibration\n", "  - use: discrimination\n"))
    (problem,) = problems(path)
    assert "'discrimination' a second time" in problem


@pytest.mark.requirement("SW-CRITERION-CITES")
def test_criterion_without_bound_is_refused(tmp_path: Path) -> None:
    path = changed(tmp_path, ("    at_most: 0.10\n", ""))
    (problem,) = problems(path)
    assert "a criterion needs at_least or at_most" in problem


@pytest.mark.requirement("SW-CRITERION-CITES")
def test_criterion_on_the_point_needs_a_reason(tmp_path: Path) -> None:
    path = changed(tmp_path, ("    at_most: 0.10\n", "    at_most: 0.10\n    reads: point\n"))
    assert "must say why" in problems(path)[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "an empty file"),
        (b"a: [1, 2", "p.yaml:1"),
        (b"a: 1\na: 2\n", "the key 'a' a second time"),
        (b"a: \xff\n", "bytes that are not UTF-8"),
        (b"a: !!python/object/apply:os.system ['true']\n", "constructor"),
        (b"[" * 100 + b"]" * 100, "nesting or aliases beyond the limits"),
        (b"x" * (MAX_BYTES + 1), "at most"),
        (b"a: *nobody\n", "undefined alias"),
    ],
)
@pytest.mark.requirement("SW-PROTOCOL-HOSTILE")
def test_yaml_that_is_broken_or_hostile(content: bytes, words: str) -> None:
    with pytest.raises(CannotRun) as stopped:
        parse_yaml(content, "p.yaml")
    assert words in str(stopped.value)


@pytest.mark.requirement("SW-PROTOCOL-HOSTILE")
def test_alias_bomb_is_refused_before_it_expands() -> None:
    levels = [b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [
        b"a%d: &a%d [%s]" % (i, i, b", ".join([b"*a%d" % (i - 1)] * 10)) for i in range(1, 9)
    ]
    with pytest.raises(CannotRun, match="nesting or aliases"):
        parse_yaml(b"\n".join(levels), "p.yaml")


def test_alias_within_its_own_anchor_is_refused() -> None:
    with pytest.raises(CannotRun, match="nesting or aliases"):
        parse_yaml(b"a: &a [*a]\n", "p.yaml")


def test_missing_file_is_told_in_words(tmp_path: Path) -> None:
    assert "no such file" in problems(tmp_path / "nowhere.yaml")[0]


@pytest.mark.requirement("SW-PROTOCOL-DIGEST")
def test_digest_does_not_depend_on_comments_or_layout(tmp_path: Path) -> None:
    path = changed(tmp_path, ("schema_version: 1\n", "# another comment\n\nschema_version:   1\n"))
    left, right = load_protocol(DEFAULT), load_protocol(path)
    assert left.digest == right.digest
    assert left.source_digest != right.source_digest


@pytest.mark.requirement("SW-PROTOCOL-DIGEST")
def test_digest_moves_with_a_bound(tmp_path: Path) -> None:
    path = changed(tmp_path, ("at_most: 0.10", "at_most: 0.11"))
    assert load_protocol(DEFAULT).digest != load_protocol(path).digest


@pytest.mark.requirement("SW-PROTOCOL-SCHEMA")
def test_json_schema_on_disk_is_that_of_the_code() -> None:
    assert (shipped("protocols") / "schema" / SCHEMA_FILE).read_text() == schema_text()


def test_json_schema_of_a_lock_is_that_of_the_code() -> None:
    path = shipped("protocols") / "schema" / LOCK_SCHEMA_FILE
    assert path.read_text() == schema_text(Lock)


@pytest.mark.parametrize("path", sorted(shipped("protocols").glob("*.yaml")), ids=lambda p: p.stem)
@pytest.mark.requirement("SW-PROTOCOL-SCHEMA")
def test_every_shipped_protocol_loads_and_fits_the_json_schema(path: Path) -> None:
    import json

    loaded = load_protocol(path)
    validator = Draft202012Validator(json.loads(schema_text()))
    assert list(validator.iter_errors(loaded.text.content)) == []


def test_options_win_over_the_file_of_places(tmp_path: Path) -> None:
    (tmp_path / "datasets.toml").write_text('[datasets]\na = "x"\nb = "y"\n')
    places = dataset_places(["a=/elsewhere"], tmp_path)
    assert places == {"a": Path("/elsewhere"), "b": tmp_path / "y"}


@pytest.mark.parametrize("option", ["a", "=b", "a=", ""])
def test_an_option_that_names_no_place_is_refused(option: str, tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="NAME=PATH"):
        dataset_places([option], tmp_path)


@pytest.mark.parametrize("text", ["[datasets", "[datasets]\na = 1\n"])
def test_a_broken_file_of_places_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "datasets.toml").write_text(text)
    with pytest.raises(CannotRun, match=r"datasets\.toml"):
        dataset_places([], tmp_path)


@pytest.mark.requirement("SW-CLI-WORDS")
def test_a_file_that_is_no_protocol_is_refused_without_showing_it(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    path.write_text("patient,score\nJane Doe,0.93\n")
    with pytest.raises(CannotRun) as stopped:
        load_protocol(path)
    words = "\n".join(str(problem) for problem in stopped.value.problems)
    assert "no mapping of keys" in words
    assert "Jane" not in words
    assert "0.93" not in words
