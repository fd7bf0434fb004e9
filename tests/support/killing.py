"""Kill runs at random moments with SIGKILL, go on with them, and compare what came out.

``python tests/support/killing.py PLACE KILLS SEED [PROTOCOL [NAME=PATH]]`` kills at KILLS moments
and prints a JSON list: for each run the moments of its kills (seconds after its start), how many
folders were left half done, whether a step was taken from before, and which files differ from
those of a run that nobody killed; it ends with 1 if any differs. Without a protocol it is the
smallest, predictions of a device, and every run is a fork of one process that has all code loaded;
runs of a protocol that is named are processes of their own, because training has threads.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path


def killed_runs(
    place: Path, kills: int, seed: int, protocol: Path, data: list[str]
) -> list[dict[str, object]]:
    """Return what became of runs until ``kills`` moments were hit."""
    draw = random.Random(seed)
    if is_forked(data):
        carried_out(protocol, data, place / "warm", False)  # what it loads, every child has
    start = time.monotonic()
    assert waited(child(protocol, data, place / "whole", False)) == 0
    lasts = time.monotonic() - start
    wanted = kept(place / "whole")
    told: list[dict[str, object]] = []
    done = 0
    while done < kills:
        out = place / f"killed-{len(told)}"
        moments = until_whole(protocol, data, out, lasts, draw)
        done += len(moments)
        if not moments:
            shutil.rmtree(out)
            continue
        found = kept(out)
        differ = [name for name in wanted if found.get(name) != wanted[name]]
        actions = acts(out)
        told.append(
            {
                "killed_after_seconds": [round(moment, 3) for moment in moments],
                "differ": differ + sorted(found.keys() - wanted.keys()),
                "left": sorted(path.suffix for path in out.iterdir() if path.suffix in LEFT),
                "taken_up": any("took up the run" in action for action in actions),
                "steps_taken": taken_steps(out),
            }
        )
        shutil.rmtree(out)
    return told


LEFT = (".partial", ".stopped", ".running", ".checkpoints", ".part")


def until_whole(
    protocol: Path, data: list[str], out: Path, lasts: float, draw: random.Random
) -> list[float]:
    """Start a run, kill it at random moments, go on with it until it ends by itself."""
    moments: list[float] = []
    process = child(protocol, data, out, False)
    for _ in range(draw.randint(1, 3)):
        moment = draw.uniform(0, lasts)
        time.sleep(moment)
        if os.waitpid(process, os.WNOHANG)[0]:
            process = 0
            break
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        moments.append(moment)
        process = child(protocol, data, out, True)
    if process:
        assert waited(process) == 0
    return moments


def child(protocol: Path, data: list[str], out: Path, is_resumed: bool) -> int:
    """Fork a process that carries out a protocol up to its sealed folder, and return its id."""
    process = os.fork()
    if process:
        return process
    if not is_forked(data):
        resumed = ["resume"] if is_resumed else ["start"]
        own = [sys.executable, __file__, *resumed, str(protocol), str(out), *data]
        os.execv(sys.executable, own)
    code = 99
    try:
        code = carried_out(protocol, data, out, is_resumed)
    finally:
        os._exit(code)


def carried_out(protocol: Path, data: list[str], out: Path, is_resumed: bool) -> int:
    from samd_validate import pipeline
    from samd_validate.protocol.places import dataset_places

    options = pipeline.Options(is_resumed=is_resumed, ledger=out.parent / f"ledger-{out.name}")
    with pipeline.sealed_run(protocol, dataset_places(data, Path()), out, options=options):
        return 0


def waited(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def kept(out: Path) -> dict[str, bytes]:
    """Return the bytes of every file of the one sealed folder that must be the same."""
    (folder,) = (path.parent for path in out.glob("*/manifest.json"))
    apart = {"manifest.json", "audit.jsonl", "looks.json", "machine.json"}
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in apart
    }
    manifest = json.loads((folder / "manifest.json").read_bytes())
    return {**files, "content digest": manifest["content_digest"].encode()}


def entries(out: Path) -> list[dict[str, object]]:
    (trail,) = out.glob("*/audit.jsonl")
    return [json.loads(line) for line in trail.read_bytes().splitlines()]


def acts(out: Path) -> list[str]:
    return [str(entry["action"]) for entry in entries(out)]


def taken_steps(out: Path) -> int:
    last = [entry for entry in entries(out) if entry["action"] == "ran the checks"][-1]
    details: dict[str, list[str]] = last["details"]  # type: ignore[assignment]
    return len(details["taken_from_before"])


def is_forked(data: list[str]) -> bool:
    return any(one.startswith("my-predictions=") for one in data)


def smallest(place: Path) -> tuple[Path, list[str]]:
    from black_box import small_black_box

    path = place / "p.yaml"
    small_black_box(path)
    text = path.read_text().replace("resamples: 2000", "resamples: 200")
    start, end = text.index("  - use: calibration\n"), text.index("  - use: operating_point\n")
    text = text[:start] + text[end:]
    start, end = text.index("  - use: subgroups\n"), text.index("criteria: ")
    path.write_text(text[:start] + text[end:])
    return path, [f"my-predictions={place / 'p.csv'}"]


def main(arguments: list[str], tell: Callable[[str], object] = print) -> int:
    if arguments[0] in ("start", "resume"):
        protocol, out, *data = arguments[1:]
        return carried_out(Path(protocol), data, Path(out), arguments[0] == "resume")
    place, kills, seed = Path(arguments[0]), int(arguments[1]), int(arguments[2])
    place.mkdir(parents=True, exist_ok=True)
    given = (Path(arguments[3]), arguments[4:]) if arguments[3:] else smallest(place)
    told = killed_runs(place, kills, seed, *given)
    tell(json.dumps(told, indent=1))
    return int(any(one["differ"] or one["left"] for one in told))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
