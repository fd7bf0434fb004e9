"""A small folder in the layout of the NIH release, invented, for tests of its reader."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from PIL import Image

# the head of the release, letter by letter, and not what the reader takes it to be
HEAD = [
    "Image Index",
    "Finding Labels",
    "Follow-up #",
    "Patient ID",
    "Patient Age",
    "Patient Gender",
    "View Position",
    "OriginalImage[Width",
    "Height]",
    "OriginalImagePixelSpacing[x",
    "y]",
]
ROWS = (
    ("00000001_000.png", "Cardiomegaly", 0, 1, 57, "M", "PA", 2048, 1024, 0.1, 0.2),
    ("00000001_001.png", "Cardiomegaly|Effusion", 1, 1, 58, "M", "AP", 2048, 1024, 0.1, 0.2),
    ("00000002_000.png", "No Finding", 0, 2, 414, "F", "PA", 2048, 1024, 0.1, 0.2),
    ("00000003_000.png", "Effusion", 0, 3, "011M", "F", "PA", 2048, 1024, "", ""),
    ("00000004_000.png", "No Finding", 0, 4, "060Y", "", "AP", 2048, 1024, 0.1, 0.2),
)
BOXES = (
    "Image Index,Finding Label,Bbox [x,y,w,h],,,",
    "00000001_001.png,Effusion,512,0,256,512",
    "00000001_001.png,Cardiomegaly,0,512,512,256",
    "00000003_000.png,Infiltrate,0,0,10,10",
)


def write_release(place: Path, rows: tuple[tuple[object, ...], ...] = ROWS) -> Path:
    """Write table, boxes, lists and images of 32 by 64 pixels in two of the release's folders."""
    with (place / "Data_Entry_2017.csv").open("w", newline="") as file:
        csv.writer(file).writerows([HEAD, *rows])
    (place / "BBox_List_2017.csv").write_text("\n".join(BOXES) + "\n")
    (place / "train_val_list.txt").write_text("00000001_000.png\n00000001_001.png\n")
    (place / "test_list.txt").write_text("00000002_000.png\n00000003_000.png\n00000004_000.png\n")
    for number, row in enumerate(rows):
        folder = place / f"images_00{1 + number % 2}" / "images"
        folder.mkdir(parents=True, exist_ok=True)
        grey = np.full((32, 64), 40 + 20 * number, dtype=np.uint8)
        Image.fromarray(grey).save(folder / str(row[0]))
    return place
