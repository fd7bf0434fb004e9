"""Bombs: for each parser a small file that claims, or becomes, a large one.

``python tests/fuzz/bombs.py`` reads each in a fork and prints for each: its name, ``told`` or what
else became of it, and the peak of memory in kilobytes, with tabs between.
"""

from __future__ import annotations

import gzip
import io
import os
import resource
import struct
import sys
import zlib
from collections.abc import Callable


def yaml_aliases() -> tuple[str, bytes]:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 9) + "]" for n in range(1, 12)]
    return "protocol_yaml", "\n".join(lines).encode()


def yaml_deep() -> tuple[str, bytes]:
    return "protocol_yaml", b"a: " + b"[" * 400_000


def yaml_merges() -> tuple[str, bytes]:
    lines = ["m0: &m0 {a: 1, b: 2}"]
    lines += [f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}, *m{n - 1}]}}" for n in range(1, 30)]
    return "protocol_yaml", "\n".join(lines).encode()


def yaml_number() -> tuple[str, bytes]:
    return "protocol_yaml", b"seed: " + b"9" * 900_000


def yaml_sexagesimal() -> tuple[str, bytes]:
    return "protocol_yaml", b"seed: 1" + b":59" * 100_000


def json_deep() -> tuple[str, bytes]:
    return "lock_json", b"[" * 100_000 + b"]" * 100_000


def json_number() -> tuple[str, bytes]:
    return "lock_json", b'{"schema_version":' + b"1" * 1_000_000 + b"}"


def bundle_deep() -> tuple[str, bytes]:
    return "bundle_json", b"\x01" + b'{"a":' * 100_000 + b"1" + b"}" * 100_000


def trail_of_one_long_line() -> tuple[str, bytes]:
    return "audit_trail", b'{"a":"' + b"x" * 20_000_000 + b'"}\n'


def csv_of_a_million_columns() -> tuple[str, bytes]:
    return "predictions_csv", ",".join(f"c{n}" for n in range(1_000_000)).encode() + b"\n1\n"


def csv_of_one_line() -> tuple[str, bytes]:
    return "predictions_csv", b"x" * 50_000_000


def requirements_of_a_million_columns() -> tuple[str, bytes]:
    return "requirements_csv", ",".join(f"c{n}" for n in range(1_000_000)).encode() + b"\n1\n"


def gzip_of_nothing() -> tuple[str, bytes]:
    return "predictions_gzip", packed(b"unit_id,score\n", 3_000)


def packed(head: bytes, megabytes: int) -> bytes:
    sink = io.BytesIO()
    with gzip.GzipFile(fileobj=sink, mode="wb", compresslevel=9, mtime=0) as file:
        file.write(head)
        member = bytes(1_000_000)
        for _ in range(min(megabytes, 50)):
            file.write(member)
    more = gzip.compress(bytes(50_000_000), 9, mtime=0)
    return sink.getvalue() + more * (megabytes // 50 - 1)


def tar_of_nothing() -> tuple[str, bytes]:
    import tarfile

    one = tarfile.TarInfo("set-a/1.txt")
    one.size = 3_000_000_000
    return "records_tar", packed(one.tobuf(), 3_000)


def tar_of_paths() -> tuple[str, bytes]:
    from targets.records_tar import tar_of

    return "records_tar", tar_of({"../../../tmp/evil.txt": b"x", "/etc/evil.txt": b"x"})


def parquet_of_one_value() -> tuple[str, bytes]:
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    sink = io.BytesIO()
    column = pa.array(np.zeros(1_000_000, dtype=np.int64))
    with parquet.ParquetWriter(sink, pa.schema({f"c{n}": pa.int64() for n in range(20)})) as out:
        for _ in range(21):
            out.write_table(pa.table({f"c{n}": column for n in range(20)}))
    return "predictions_parquet", sink.getvalue()


def parquet_of_absurd_metadata() -> tuple[str, bytes]:
    from targets.predictions_parquet import seeds

    content = bytearray(seeds()[0])
    content[-8:-4] = struct.pack("<I", 0x7FFFFFF0)
    return "predictions_parquet", bytes(content)


def png_of_many_pixels() -> tuple[str, bytes]:
    return "image_png", png(60_000, 60_000)


def png_below_the_warning() -> tuple[str, bytes]:
    return "image_png", png(17_000, 17_000)


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = zlib.compress(bytes(10_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def png_of_long_text() -> tuple[str, bytes]:
    text = b"k\0\0" + zlib.compress(bytes(80_000_000), 9)
    whole = png(2, 2)
    chunk = struct.pack(">I", len(text)) + b"zTXt" + text
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + text))
    return "image_png", whole[:33] + chunk + whole[33:]


def tiff_of_many_pixels() -> tuple[str, bytes]:
    tags = [(256, 4, 60_000), (257, 4, 60_000), (258, 3, 8), (259, 3, 1), (262, 3, 1)]
    tags += [(273, 4, 8), (277, 3, 1), (278, 4, 60_000), (279, 4, 4)]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return "image_tiff", b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(4)


def nifti_of_many_voxels() -> tuple[str, bytes]:
    from targets.image_nifti import seeds

    content = bytearray(seeds()[0])
    struct.pack_into("<8h", content, 40, 2, 32_000, 32_000, 1, 1, 1, 1, 1)
    return "image_nifti", gzip.compress(bytes(content), mtime=0)


def dicom_of_absurd_lengths() -> tuple[str, bytes]:
    from targets.dicom_image import seeds

    content = seeds()[0]
    at = content.rindex(b"\xe0\x7f\x10\x00OW\0\0") + 8
    return "dicom_image", content[:at] + b"\xf0\xff\xff\xff" + content[at + 4 :]


def dicom_of_many_pixels() -> tuple[str, bytes]:
    from dicom_files import radiograph, ramp
    from pydicom.uid import ExplicitVRLittleEndian
    from targets.dicom_image import bytes_of

    one = radiograph(1, ramp(3, 4), Rows=65_000, Columns=65_000)
    return "dicom_image", bytes_of(one, ExplicitVRLittleEndian)


def dicom_deflated() -> tuple[str, bytes]:
    from dicom_files import radiograph, ramp
    from pydicom.uid import DeflatedExplicitVRLittleEndian
    from targets.dicom_image import bytes_of

    whole = bytes_of(radiograph(1, ramp(3, 4)), DeflatedExplicitVRLittleEndian)
    head = whole[: 144 + struct.unpack("<I", whole[140:144])[0]]
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    parts = [pack.compress(bytes(50_000_000)) for _ in range(5)]
    return "dicom_image", head + b"".join(parts) + pack.flush()


def dicom_nested() -> tuple[str, bytes]:
    from targets.dicom_image import seeds

    item = b"\x08\x00\x15\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    return "dicom_image", seeds()[0][:400] + item * 50_000


def pdf_of_an_inflating_attachment() -> tuple[str, bytes]:
    from targets.report_pdf import SMALL

    inside = zlib.compress(bytes(200_000_000), 9)
    head = b"<</Type/EmbeddedFile/Filter/FlateDecode/Length %d>>\nstream\n" % len(inside)
    return "report_pdf", with_object(SMALL, head + inside + b"\nendstream")


def with_object(whole: bytes, content: bytes) -> bytes:
    """Return the small PDF with another object 5, and a table of where all are."""
    start = whole.index(b"5 0 obj")
    body = whole[:start] + b"5 0 obj\n" + content + b"\nendobj\n"
    places = [body.index(b"%d 0 obj" % n) for n in range(1, 6)]
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<</Root 1 0 R/Size 6>>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    return body + b"xref\n0 6\n0000000000 65535 f \n" + table + end


def pdf_of_an_object_stream() -> tuple[str, bytes]:
    """Return a PDF whose catalogue lies in a stream that inflates to 150 MB."""
    inside = zlib.compress(b"1 0 <</Type/Catalog>>" + bytes(150_000_000), 9)
    head = b"%PDF-1.7\n"
    first = b"5 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(
        inside
    )
    first += inside + b"\nendstream\nendobj\n"
    at = len(head) + len(first)
    entries = b"\x02\0\0\0\x05\0" + b"\x01" + struct.pack(">I", len(head)) + b"\0"
    table = b"6 0 obj\n<</Type/XRef/Size 7/W[1 4 1]/Index[1 1 5 1]/Root 1 0 R/Length %d>>stream\n"
    table = table % len(entries) + entries + b"\nendstream\nendobj\n"
    return "report_pdf", head + first + table + b"startxref\n%d\n%%%%EOF\n" % at


def pdf_of_trees_in_a_circle() -> tuple[str, bytes]:
    from targets.report_pdf import SMALL

    return "report_pdf", SMALL.replace(
        b"/Names[(manifest.json) 4 0 R]", b"/Kids[2 0 R 2 0 R 2 0 R ]  "
    )


def safetensors_of_absurd_length() -> tuple[str, bytes]:
    return "checkpoint_safetensors", struct.pack("<Q", 2**62) + b"{}"


def pkcs12_of_endless_rounds() -> tuple[str, bytes]:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12
    from targets.identity_pkcs12 import person

    one = person()
    locked = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(50_000)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(b"only-for-tests")
    )
    content = pkcs12.serialize_key_and_certificates(b"A", one.key, one.certificate, None, locked)
    return "identity_pkcs12", content.replace(b"\x02\x03\x00\xc3\x50", b"\x02\x03\x7f\xff\xff")


BOMBS: dict[str, Callable[[], tuple[str, bytes]]] = {
    made.__name__: made
    for made in (
        *(yaml_aliases, yaml_deep, yaml_merges, yaml_number, yaml_sexagesimal),
        *(json_deep, json_number, bundle_deep, trail_of_one_long_line),
        *(csv_of_a_million_columns, csv_of_one_line, requirements_of_a_million_columns),
        *(gzip_of_nothing, tar_of_nothing, tar_of_paths),
        *(parquet_of_one_value, parquet_of_absurd_metadata),
        *(png_of_many_pixels, png_below_the_warning, png_of_long_text, tiff_of_many_pixels),
        *(nifti_of_many_voxels, dicom_of_absurd_lengths, dicom_of_many_pixels, dicom_deflated),
        *(dicom_nested, pdf_of_an_inflating_attachment, pdf_of_an_object_stream),
        *(pdf_of_trees_in_a_circle, safetensors_of_absurd_length, pkcs12_of_endless_rounds),
    )
}


def became(name: str) -> str:
    """Read a bomb in a fork, and return what became of that in words, with the peak of memory."""
    from targets import target

    used, content = BOMBS[name]()
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
            target(used).read(content)
            spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
            os.write(writer, f"told ({spent:.1f} s)".encode())
        except BaseException as error:
            os.write(writer, f"{type(error).__name__}: {error}"[:300].encode())
        finally:
            os._exit(0)
    os.close(writer)
    told = os.read(reader, 1000).decode(errors="replace").replace("\n", " ")
    os.close(reader)
    _, status, used_up = os.wait4(process, 0)
    return f"{told or f'ended by signal {status}'}\t{used_up.ru_maxrss}"


def main(names: list[str]) -> int:
    for name in names or BOMBS:
        sys.stdout.write(f"{name}\t{became(name)}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
