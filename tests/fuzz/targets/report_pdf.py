"""A report: PDF with evidence attached and signatures."""

from __future__ import annotations

import re
import tempfile
from functools import cache
from pathlib import Path

from small_evidence import pdf_of, sealed_run, signed_run

from samd_validate.evidence.verify import verify_pdf

from . import file_of


def read(content: bytes) -> None:
    with file_of(content, "x.pdf") as path:
        verify_pdf(path)


@cache
def seeds() -> tuple[bytes, ...]:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        plain = pdf_of(sealed_run(Path(one))).read_bytes()
        signed = signed_run(Path(other)).with_name("run.pdf").read_bytes()
    return (plain, signed, SMALL)


SMALL = b"""%PDF-1.7
1 0 obj
<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(manifest.json) 4 0 R]>>>>>>
endobj
2 0 obj
<</Type/Pages/Kids[3 0 R]/Count 1>>
endobj
3 0 obj
<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>
endobj
4 0 obj
<</Type/Filespec/UF(manifest.json)/EF<</F 5 0 R>>>>
endobj
5 0 obj
<</Type/EmbeddedFile/Length 2>>
stream
{}
endstream
endobj
xref
0 6
0000000000 65535 f
0000000009 00000 n
0000000112 00000 n
0000000163 00000 n
0000000224 00000 n
0000000291 00000 n
trailer
<</Root 1 0 R/Size 6>>
startxref
358
%%EOF
"""
SMALL = re.sub(rb"( [nf])\n", rb"\1 \n", SMALL)  # each line of the table has 20 bytes
