"""Bytes: nothing but pixels goes out; what comes back is doubted before it is decoded."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from gimp_bridge.errors import BadAnswer, WindowTooLarge
from gimp_bridge.picture.codec import decode_answer, decode_mask, encode_image, encode_mask


def picture(height=48, width=64):
    """Four different quadrants with a gradient, so that no two places look alike."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[: height // 2, : width // 2] = (200, 40, 30)
    rgb[: height // 2, width // 2 :] = (30, 180, 60)
    rgb[height // 2 :, : width // 2] = (20, 60, 210)
    rgb[height // 2 :, width // 2 :] = (220, 200, 40)
    rgb += np.linspace(0, 30, width).astype(np.uint8)[None, :, None]
    return rgb


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def decode(data, width=64, height=48):
    return decode_answer(data, width=width, height=height)


def test_an_encoded_picture_decodes_to_the_same_pixels():
    encoded = encode_image(picture(), max_bytes=1_000_000)
    assert encoded.lossless
    assert np.array_equal(decode(encoded.data), picture())


def test_a_picture_over_the_limit_is_sent_lossy_and_says_so():
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    encoded = encode_image(noise, max_bytes=60_000)
    assert (encoded.data[:3], encoded.lossless) == (b"\xff\xd8\xff", False)
    assert len(encoded.data) <= 60_000
    assert decode(encoded.data, 200, 200).shape == (200, 200, 3)


def test_a_picture_over_the_limit_even_when_lossy_is_refused_with_the_numbers():
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    with pytest.raises(WindowTooLarge, match=r"200 × 200 px.*at most 0\.0 MB"):
        encode_image(noise, max_bytes=3_000)


def test_nothing_but_pixels_is_encoded():
    with Image.open(io.BytesIO(encode_image(picture(), max_bytes=10**6).data)) as image:
        assert not {"icc_profile", "exif", "dpi", "Software", "comment"} & set(image.info)


def test_an_encoded_mask_is_one_grey_channel_of_the_same_values():
    removal = np.zeros((48, 64), np.uint8)
    removal[5:20, 33:60] = 255
    with Image.open(io.BytesIO(encode_mask(removal))) as image:
        assert image.mode == "L"
        assert np.array_equal(np.asarray(image), removal)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP"])
def test_every_lossless_kind_is_told_from_its_bytes(kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    assert np.array_equal(decode(saved(Image.fromarray(picture()), kind, **options)), picture())


def test_a_jpeg_comes_back_close():
    data = saved(Image.fromarray(picture()), "JPEG", quality=95, subsampling=0)
    assert np.abs(decode(data).astype(int) - picture()).mean() < 2


def test_palette_alpha_and_grey_answers_become_rgb():
    image = Image.fromarray(picture())
    few = image.quantize(256)
    assert np.array_equal(decode(saved(few, "PNG")), np.asarray(few.convert("RGB")))
    opaque = image.convert("RGBA")
    assert np.array_equal(decode(saved(opaque, "PNG")), picture())
    grey = Image.fromarray(picture()[..., 0])
    assert np.array_equal(decode(saved(grey, "PNG")), np.stack([picture()[..., 0]] * 3, axis=-1))
    bilevel = Image.fromarray(picture()[..., 0] > 100)
    expected = np.where(picture()[..., :1] > 100, 255, 0).repeat(3, axis=-1)
    assert np.array_equal(decode(saved(bilevel, "PNG")), expected)


def test_an_answer_that_is_empty_in_places_is_refused():
    image = Image.fromarray(picture()).convert("RGBA")
    image.putpixel((40, 30), (9, 9, 9, 0))
    with pytest.raises(BadAnswer, match="empty in places"):
        decode(saved(image, "PNG"))


def test_a_slightly_transparent_answer_is_taken_by_its_colours():
    image = Image.fromarray(picture()).convert("RGBA")
    image.putalpha(254)
    assert np.array_equal(decode(saved(image, "PNG")), picture())


def test_a_16_bit_grey_answer_is_rounded_to_8_bits():
    deep = (np.arange(48 * 64).reshape(48, 64) * 21).astype(np.uint16)
    answer = decode(saved(Image.fromarray(deep), "PNG"))
    expected = np.rint(deep / 257).astype(np.uint8)
    assert np.array_equal(answer, np.stack([expected] * 3, axis=-1))


def test_a_16_bit_rgb_answer_is_reduced_to_8_bits():
    rows = b"".join(
        b"\0" + (row.astype(">u2") * 257).tobytes() for row in picture().astype(np.uint16)
    )
    data = png(b"IHDR", struct.pack(">IIBBBBB", 64, 48, 16, 2, 0, 0, 0), rows)
    assert np.array_equal(decode(data), picture())


def png(kind, header, rows):
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(kind, header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def test_a_cmyk_jpeg_comes_back_in_its_colours():
    data = saved(Image.fromarray(picture()).convert("CMYK"), "JPEG", quality=100, subsampling=0)
    assert np.abs(decode(data).astype(int) - picture()).mean() < 3


def gamma_profile(gamma, columns):
    """A minimal ICC profile (version 2) of an RGB space: gamma and XYZ of its primaries."""

    def fixed(*numbers):
        return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)

    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    text = b"text" + bytes(4) + b"none\0" + bytes(3)
    name = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(11 + 67 + 1)
    tags = {b"desc": name, b"cprt": text, b"wtpt": xyz(fixed(0.9642, 1.0, 0.8249))}
    for channel, column in zip((b"r", b"g", b"b"), columns, strict=True):
        tags[channel + b"XYZ"], tags[channel + b"TRC"] = xyz(fixed(*column)), curve
    table, body = struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        data += bytes(-len(data) % 4)
        table += tag + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(body), len(data))
        body += data
    header = struct.pack(">I4sI", 128 + len(table + body), bytes(4), 0x02400000)
    header += b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    header += fixed(0.9642, 1.0, 0.8249) + bytes(48)
    return header + table + body


def xyz(numbers):
    return b"XYZ " + bytes(4) + numbers


# XYZ of the primaries of sRGB, adapted to D50 (ICC, "How to interpret the sRGB colour space").
SRGB_COLUMNS = [(0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7139)]


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_a_profile_in_the_answer_is_honoured(kind):
    # With green's and blue's primaries exchanged the picture means them exchanged.
    red, green, blue = SRGB_COLUMNS
    profile = gamma_profile(1.0, [red, blue, green])
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(Image.fromarray(picture()), kind, icc_profile=profile, **options)
    linear = picture()[..., [0, 2, 1]] / 255
    curve = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    assert np.abs(decode(data) - curve * 255).max() < 2


def test_a_damaged_profile_is_passed_over():
    data = saved(Image.fromarray(picture()), "PNG", icc_profile=b"not a profile at all")
    assert np.array_equal(decode(data), picture())


def test_an_answer_stored_turned_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.fromarray(np.ascontiguousarray(np.rot90(picture(), 1)))
    data = saved(turned, "PNG", exif=exif.tobytes())
    assert turned.size == (48, 64)
    assert np.array_equal(decode(data), picture())


def test_an_answer_turned_without_saying_so_is_refused():
    turned = Image.fromarray(np.ascontiguousarray(np.rot90(picture(), 1)))
    with pytest.raises(BadAnswer, match="48 × 64 px instead of 64 × 48 px"):
        decode(saved(turned, "PNG"))


def test_an_answer_of_another_size_is_refused_with_the_numbers():
    with pytest.raises(BadAnswer, match="64 × 48 px instead of 65 × 48 px"):
        decode(saved(Image.fromarray(picture()), "PNG"), width=65)


def test_a_bomb_is_refused_by_its_header_alone():
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    with pytest.raises(BadAnswer):
        decode(png(b"IHDR", header, b"\0" * 100))
    with pytest.raises(BadAnswer, match="8000 × 8000 px"):
        decode(png(b"IHDR", struct.pack(">IIBBBBB", 8000, 8000, 8, 2, 0, 0, 0), b"\0" * 100))


def test_a_text_bomb_in_the_right_size_is_refused():
    info = PngImagePlugin.PngInfo()
    info.add_text("comment", "x" * 5_000_000, zip=True)
    with pytest.raises(BadAnswer):
        decode(saved(Image.fromarray(picture()), "PNG", pnginfo=info))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_refused(kind):
    frames = [Image.fromarray(np.roll(picture(), step, axis=1)) for step in (0, 9, 21)]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    with pytest.raises(BadAnswer, match="animation"):
        decode(data)


@pytest.mark.parametrize(
    "data", [b"", b"<html><body>502</body></html>", b'{"status":500}', b"\0" * 99]
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(BadAnswer, match="not a picture"):
        decode(data)


def test_a_kind_nobody_asked_for_is_refused():
    with pytest.raises(BadAnswer):
        decode(saved(Image.fromarray(picture()), "GIF"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_an_answer_cut_off_is_refused(kind, part):
    data = saved(Image.fromarray(picture(480, 640)), kind)
    with pytest.raises(BadAnswer):
        decode(data[: int(len(data) * part)], 640, 480)


@given(
    st.sampled_from(["PNG", "JPEG", "WEBP", "BMP", "TIFF"]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=12),
)
def test_damaged_bytes_give_a_picture_of_the_size_or_a_bad_answer(kind, damages):
    data = bytearray(saved(Image.fromarray(picture()), kind))
    for place, value in damages:
        data[int(place * (len(data) - 1))] = value
    try:
        answer = decode(bytes(data))
    except BadAnswer:
        return
    assert (answer.shape, answer.dtype) == ((48, 64, 3), np.uint8)


def test_a_mask_of_ours_may_be_larger_than_what_strangers_may_send(monkeypatch):
    mask = np.zeros((40, 60), np.uint8)
    mask[3:9, 20:31] = 255
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert np.array_equal(decode_mask(encode_mask(mask)), mask)


@pytest.mark.parametrize(
    "damage", [lambda data: b"", lambda data: data[: len(data) // 2], lambda data: b"no"]
)
def test_a_damaged_mask_is_an_error_that_recovery_knows(damage):
    mask = np.random.default_rng(1).integers(0, 256, (40, 60), np.uint8)
    with pytest.raises((OSError, SyntaxError, ValueError)):
        decode_mask(damage(encode_mask(mask)))
