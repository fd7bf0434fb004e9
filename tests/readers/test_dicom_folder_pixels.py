"""Stored pixels become grey in [0, 1] as the standard says, whatever they are written in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import Array, items, lookup, radiograph, ramp, save
from dicom_reading import grey, real
from pydicom import dcmread
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from samd_validate.readers.dicom.kinds import syntax
from samd_validate.readers.dicom.pixels import Grey
from samd_validate.readers.images.pixels import Unreadable

CLOSE = 2e-7  # float32


def written(place: Path, pixels: Array | None = None, **tags: Any) -> Path:
    return save(place / "a.dcm", radiograph(1, pixels, **tags))


def test_pixels_without_a_window_span_the_stored_bits(tmp_path: Path) -> None:
    found = grey(written(tmp_path))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, ramp() / 4095, atol=CLOSE)


def test_monochrome1_is_inverted(tmp_path: Path) -> None:
    found = grey(written(tmp_path, PhotometricInterpretation="MONOCHROME1"))
    np.testing.assert_allclose(found, 1 - ramp() / 4095, atol=CLOSE)


def test_presentation_lut_shape_does_not_invert_twice(tmp_path: Path) -> None:
    told = {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"}
    np.testing.assert_allclose(grey(written(tmp_path, **told)), 1 - ramp() / 4095, atol=CLOSE)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_full_depth_is_that_of_the_bits_stored(tmp_path: Path, bits: int) -> None:
    kind = np.uint8 if bits == 8 else np.uint16
    pixels = ramp(bits=bits).astype(kind)
    found = grey(written(tmp_path, pixels, BitsStored=bits))
    np.testing.assert_allclose(found, pixels / (2**bits - 1), atol=CLOSE)


def test_signed_pixels_span_from_the_lowest(tmp_path: Path) -> None:
    pixels = (ramp().astype(np.int32) - 2048).astype(np.int16)
    np.testing.assert_allclose(grey(written(tmp_path, pixels)), ramp() / 4095, atol=CLOSE)


@pytest.mark.parametrize("slope", [2.0, -1.5])
def test_rescale_does_not_move_the_full_depth_but_its_sign_inverts(
    tmp_path: Path, slope: float
) -> None:
    found = grey(written(tmp_path, RescaleSlope=slope, RescaleIntercept=-1024))
    expected = ramp() / 4095
    np.testing.assert_allclose(found, expected if slope > 0 else 1 - expected, atol=CLOSE)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID", None])
@pytest.mark.parametrize("rescale", [{}, {"RescaleSlope": 0.5, "RescaleIntercept": 100}])
def test_window_is_that_of_pydicom(
    tmp_path: Path, function: str | None, rescale: dict[str, float]
) -> None:
    told = {"WindowCenter": [900, 100], "WindowWidth": [700, 50], **rescale}
    told |= {"VOILUTFunction": function} if function else {}
    path = written(tmp_path, **told)
    one = dcmread(path)
    shown = apply_voi_lut(apply_modality_lut(one.pixel_array, one), one)
    low, high = (
        rescale.get("RescaleIntercept", 0) + rescale.get("RescaleSlope", 1) * end
        for end in (0, 4095)
    )
    np.testing.assert_allclose(grey(path), (shown - low) / (high - low), atol=1e-6)


def test_window_of_width_1_is_a_step(tmp_path: Path) -> None:
    found = grey(written(tmp_path, WindowCenter=2000, WindowWidth=1))
    np.testing.assert_array_equal(found, ramp() >= 2000)


def test_full_leaves_the_window_alone(tmp_path: Path) -> None:
    path = written(tmp_path, WindowCenter=900, WindowWidth=700)
    np.testing.assert_allclose(grey(path, "full"), ramp() / 4095, atol=CLOSE)


def test_voi_lut_goes_before_the_window(tmp_path: Path) -> None:
    table = np.sqrt(np.arange(4096) / 4095) * 1023
    entries = np.rint(table).astype(int)
    told = {"VOILUTSequence": items(lookup(entries, 0, 10))}
    found = grey(written(tmp_path, WindowCenter=900, WindowWidth=700, **told))
    np.testing.assert_allclose(found, entries[ramp()] / 1023, atol=CLOSE)


def test_values_outside_a_voi_lut_take_its_ends(tmp_path: Path) -> None:
    told = {"VOILUTSequence": items(lookup(range(0, 256), 1000, 8))}
    found = grey(written(tmp_path, **told))
    np.testing.assert_allclose(found, np.clip(ramp().astype(int) - 1000, 0, 255) / 255, atol=CLOSE)


def test_modality_lut_goes_before_the_window(tmp_path: Path) -> None:
    entries = 4095 - np.arange(4096)
    told = {"ModalityLUTSequence": items(lookup(entries, 0, 12))}
    np.testing.assert_allclose(grey(written(tmp_path, **told)), 1 - ramp() / 4095, atol=CLOSE)
    window = {"WindowCenter": 1000.5, "WindowWidth": 1001, "VOILUTFunction": "LINEAR"}
    found = grey(written(tmp_path, **told, **window))
    expected = np.clip((entries[ramp()] - 1000) / 1000 + 0.5, 0, 1)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_padding_is_darkest_in_both_polarities(tmp_path: Path) -> None:
    for polarity in ("MONOCHROME1", "MONOCHROME2"):
        told = {"PixelPaddingValue": 0, "PhotometricInterpretation": polarity}
        assert grey(written(tmp_path, **told))[0, 0] == 0
        found = grey(written(tmp_path, **told, PixelPaddingRangeLimit=500))
        assert (found[ramp() <= 500] == 0).all()
        assert (found[(ramp() > 500) & (ramp() < 4000)] > 0).all()


@pytest.mark.parametrize("way", ["little", "implicit", "big"])
def test_way_of_writing_does_not_change_the_pixels(tmp_path: Path, way: str) -> None:
    path = save(tmp_path / "a.dcm", radiograph(1), way)
    np.testing.assert_allclose(grey(path), ramp() / 4095, atol=CLOSE)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"WindowCenter": 10, "WindowWidth": 0}, "window"),
        ({"WindowCenter": 10, "WindowWidth": 0.5}, "too narrow"),
        ({"WindowCenter": 10, "WindowWidth": -5, "VOILUTFunction": "SIGMOID"}, "window"),
        ({"WindowCenter": 10, "WindowWidth": 5, "VOILUTFunction": "CUBIC"}, "function"),
        ({"WindowCenter": 10}, "window"),
        ({"RescaleSlope": 0, "RescaleIntercept": 1}, "slope"),
        ({"VOILUTSequence": items(lookup([], 0, 8))}, "no numbers"),
        ({"PixelData": b"\0\0"}, "of another size"),
    ],
)
def test_grey_scale_that_is_none_is_told(tmp_path: Path, told: dict[str, Any], words: str) -> None:
    path = written(tmp_path, **told)
    with pytest.raises(Unreadable, match=words):
        grey(path)


# real files: the same picture in several transfer syntaxes


@pytest.mark.parametrize("rule", ["window", "full"])
@pytest.mark.parametrize(
    "pair", [("RG3_UNCR.dcm", "RG3_J2KR.dcm"), ("RG3_UNCI.dcm", "RG3_J2KI.dcm")]
)
def test_real_radiograph_has_the_same_pixels_in_jpeg_2000(
    pair: tuple[str, str], rule: Grey
) -> None:
    plain, packed = (grey(real(name), rule) for name in pair)
    np.testing.assert_array_equal(plain, packed)
    assert plain.shape == (1760, 1760)
    assert 0.0 <= plain.min() < 0.1
    assert 0.9 < plain.max() <= 1.0


def test_real_radiograph_of_15_bits_has_the_same_pixels_in_jpeg_2000() -> None:
    plain, packed = (grey(real(f"RG1_{kind}.dcm")) for kind in ("UNCI", "J2KI"))
    np.testing.assert_array_equal(plain, packed)
    one = dcmread(real("RG1_UNCI.dcm"))
    window = (one.pixel_array - 14999.5) / 29999 + 0.5
    np.testing.assert_allclose(plain, 1 - np.clip(window, 0, 1), atol=1e-6)


def test_real_radiograph_hardly_differs_after_lossy_compression() -> None:
    whole, lossy = (grey(real(f"RG3_{kind}.dcm"), "full") for kind in ("UNCR", "J2KI"))
    assert 0 < np.abs(whole - lossy).mean() < 0.005


@pytest.mark.parametrize(
    "kind",
    ["RLE", "bigendian", "expb", "implicit", "jp2klossless", "jpeg_ls_lossless", "padded"],
)
def test_every_syntax_of_a_real_picture_gives_the_same_pixels(kind: str) -> None:
    np.testing.assert_array_equal(grey(real(f"MR_small_{kind}.dcm")), grey(real("MR_small.dcm")))


def test_real_look_up_tables_are_those_of_pydicom() -> None:
    one = dcmread(real("vlut_04.dcm"))
    shown = apply_voi_lut(one.pixel_array, one) / (2 ** one.VOILUTSequence[0].LUTDescriptor[2] - 1)
    np.testing.assert_allclose(grey(real("vlut_04.dcm")), shown, atol=CLOSE)
    one = dcmread(real("mlut_18.dcm"))
    bits = one.ModalityLUTSequence[0].LUTDescriptor[2]
    meant = apply_modality_lut(one.pixel_array, one) / (2**bits - 1)
    np.testing.assert_allclose(grey(real("mlut_18.dcm")), meant, atol=CLOSE)


def test_deflated_file_is_read() -> None:
    one = dcmread(real("image_dfl.dcm"))
    np.testing.assert_allclose(grey(real("image_dfl.dcm")), one.pixel_array / 255, atol=CLOSE)


@pytest.mark.parametrize("name", ["JPEG-LL.dcm", "JPGLosslessP14SV1_1s_1f_8b.dcm"])
def test_syntax_without_a_decoder_is_known_by_its_name(name: str) -> None:
    told, is_decodable = syntax(dcmread(real(name), stop_before_pixels=True))
    assert "JPEG Lossless, Non-Hierarchical" in told
    assert not is_decodable


def test_jpeg_of_12_bits_that_the_decoder_does_not_take_is_told() -> None:
    with pytest.raises(Unreadable, match="compressed as JPEG Extended"):
        grey(real("JPGExtended.dcm"))
