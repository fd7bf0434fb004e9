"""What a newcomer meets at the terminal: help, plans, and errors in words with exit code 2."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from black_box import small_black_box

from samd_validate import cli
from samd_validate.pipeline import Run
from samd_validate.protocol.folders import shipped


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["samd-validate", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


@pytest.mark.requirement("SW-CLI-LIGHT")
def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; import samd_validate.cli\n"
        "heavy = {'torch', 'numpy', 'pandas', 'matplotlib', 'weasyprint', 'scipy', 'pydantic'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_check_says_what_a_run_would_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "check", shipped("protocols") / "icu_mortality.yaml") == 0
    assert "no data were looked at" in capsys.readouterr().out


@pytest.mark.parametrize("path", sorted(shipped("protocols").glob("*.yaml")), ids=lambda p: p.stem)
@pytest.mark.requirement("SW-PLAN-SHIPPED")
def test_every_shipped_protocol_can_be_planned(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(monkeypatch, "check", path) == 0


def test_starter_is_a_protocol_and_is_never_written_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.yaml"
    assert call(monkeypatch, "init", path) == 0
    assert call(monkeypatch, "check", path) == 0
    assert call(monkeypatch, "init", path) == 2
    assert "a file of that name" in capsys.readouterr().err


def test_verify_names_what_is_wrong_and_exits_with_one(
    monkeypatch: pytest.MonkeyPatch,
    small_run: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copy = shutil.copytree(small_run.evidence, tmp_path / "copy")
    assert call(monkeypatch, "verify", copy) == 0
    (copy / "verdicts.json").write_bytes(b"[]")
    assert call(monkeypatch, "verify", copy) == 1
    assert "verdicts.json" in capsys.readouterr().out


def problems(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object
) -> str:
    assert call(monkeypatch, *arguments) == 2
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert err.count("found:") == err.count("expected:") == err.count("to do:") > 0
    return err


@pytest.mark.requirement("SW-PLAN-RESOLVES")
def test_all_names_that_do_not_resolve_come_together(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    small_protocol: Callable[..., Path],
) -> None:
    path = small_protocol(
        ("measure: auroc_difference", "measure: auroc_diference"),
        ("comparators: [logistic_icu,", "comparators: [logistik_icu,"),
        ("[REQ-FAIRNESS-SUBGROUPS, REQ-ICU-GROUPS]", "[REQ-FAIRNES]"),
        ("{site: hillcrest,", "{site: hilcrest,"),
        ("  - use: calibration\n", "  - use: calibraton\n"),
    )
    monkeypatch.chdir(path.parent)
    err = problems(monkeypatch, capsys, "check", path)
    for words in (
        "did you mean 'auroc_difference'?",
        "did you mean 'logistic_icu'?",
        "did you mean 'REQ-FAIRNESS-SUBGROUPS'?",
        "did you mean 'hillcrest'?",
        "did you mean 'calibration'?",
    ):
        assert words in err


@pytest.mark.requirement("SW-PLAN-RESOLVES")
def test_gradient_check_on_a_black_box_is_refused_before_any_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = (shipped("protocols") / "starter.yaml").read_text()
    path = tmp_path / "p.yaml"
    further = "".join(
        f"  - use: {name}\n"
        for name in ("shap_attribution", "attribution_sanity", "saliency_sanity")
    )
    further += "  - use: plausibility\n    params: {expected: {lactate: raises}}\n"
    path.write_text(text.replace("  - use: calibration\n", f"  - use: calibration\n{further}"))
    err = problems(monkeypatch, capsys, "check", path)
    assert err.count("a model with gradients") == 3
    assert "check 'plausibility' without model" in err
    assert "a model that can be run" in err


PHYSIONET = "icu_mortality_physionet_2012.yaml"


def test_data_set_without_a_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    path = shipped("protocols") / PHYSIONET
    assert "--dataset physionet-2012=PATH" in problems(monkeypatch, capsys, "run", path)


@pytest.mark.requirement("SW-CLI-WORDS")
def test_data_folder_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = shipped("protocols") / PHYSIONET
    option = f"physionet-2012={tmp_path / 'nowhere'}"
    err = problems(monkeypatch, capsys, "run", path, "--dataset", option, "--out", tmp_path)
    assert "no folder" in err
    assert [p.suffix for p in tmp_path.iterdir()] == [".stopped"]


def test_truncated_archive(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    (data / "set-a").mkdir(parents=True)
    (data / "set-a" / "1.txt").write_text("Time,Parameter,Value\n00:00,RecordID,1\n" * 999)
    for name in "ab":
        (data / f"Outcomes-{name}.txt").write_text(
            "RecordID,SAPS-I,SOFA,In-hospital_death\n1,1,1,1\n"
        )
        with tarfile.open(data / f"set-{name}.tar.gz", "w:gz") as tar:
            tar.add(data / "set-a", arcname=f"set-{name}")
        whole = (data / f"set-{name}.tar.gz").read_bytes()
        (data / f"set-{name}.tar.gz").write_bytes(whole[: len(whole) // 2])
    path = shipped("protocols") / PHYSIONET
    arguments = ("run", path, "--dataset", f"physionet-2012={data}", "--out", tmp_path / "runs")
    err = problems(monkeypatch, capsys, *arguments)
    assert err.count("breaks off or is damaged") == 2


@pytest.mark.requirement("SW-RUN-HALF")
def test_keyboard_interrupt_leaves_nothing_that_looks_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("samd_validate.pipeline.run_checks", interrupted)
    path = tmp_path / "p.yaml"
    small_black_box(path)
    arguments = (
        "run",
        path,
        "--dataset",
        f"my-predictions={tmp_path / 'p.csv'}",
        "--out",
        tmp_path / "r",
    )
    assert call(monkeypatch, *arguments) == 2
    assert "stopped by the keyboard" in capsys.readouterr().err
    assert [p.suffix for p in (tmp_path / "r").iterdir()] == [".stopped"]


def test_black_box_run_needs_no_torch_and_escapes_names(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    small_black_box(path)
    code = (
        "import sys\n"
        "class NoTorch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'torch', 'monai', 'captum', 'shap'}:\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, NoTorch())\n"
        f"sys.argv = ['samd-validate', 'run', {str(path)!r}, '--dataset', "
        f"'my-predictions={tmp_path / 'p.csv'}', '--out', {str(tmp_path / 'r')!r}]\n"
        "from samd_validate.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    (page,) = (tmp_path / "r").glob("*.html")
    assert "<b>65+</b>" not in page.read_text()
    assert "&lt;b&gt;65+&lt;/b&gt;" in page.read_text()


def test_patient_in_development_and_external_set_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    small_protocol: Callable[..., Path],
    tmp_path: Path,
) -> None:
    path = small_protocol(("{site: hillcrest,", "{site: riverside,"))
    monkeypatch.chdir(path.parent)
    err = problems(monkeypatch, capsys, "run", path, "--out", tmp_path)
    assert "patients who are in the development data set 'riverside' too" in err
