"""Images that go with a prompt: anything that holds one, as the URL that models read.

Nothing is imported that the person has not imported: a PIL image can only be one where PIL is.
"""

from __future__ import annotations

import io
import os
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rlm_magic.redaction import hide_keys

__all__ = ["Image", "content", "pixels_of", "read_images"]

_ACCEPTED = (
    "a PIL image, the bytes or the path of an image file, an https: or data: URL, a matplotlib "
    "figure, or a NumPy array of uint8"
)
_LARGEST = 20_000_000  # bytes; no provider takes a larger one
_SHOWN = 80  # characters of a text that an error shows
_WEB = ("https://", "http://")
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Image:
    """One image; `url` is a data: or https: URL, `label` says in a few words what it is.

    Width and height are pixels, None where they aren't known without decoding or fetching it.
    """

    url: str = field(repr=False)
    label: str
    width: int | None = None
    height: int | None = None


def content(prompt: str, images: Sequence[Image]) -> str | list[dict[str, Any]]:
    """Return the content of a message: the text itself, or the text and the images after it."""
    if not images:
        return prompt
    shown = [{"type": "image_url", "image_url": {"url": image.url}} for image in images]
    return [{"type": "text", "text": prompt}, *shown]


def read_images(images: object, where: str = "images") -> tuple[Image, ...]:
    """Return the images in `images`: one, or a list of them; None is none.

    One is a PIL image, the bytes or the path of an image file, an https: or data: URL, a matplotlib
    figure, or a NumPy array of uint8. Raises TypeError for anything else, ValueError for what can't
    be read, of a format that models don't read (they read PNG, JPEG, GIF, WebP), or larger than
    20 MB; `where` is what the sentence calls them.
    """
    if images is None:
        return ()
    if _is_one(images) or not isinstance(images, Iterable):
        return (_read(images, where),)
    return tuple(_read(image, f"{where}[{index}]") for index, image in enumerate(images))


def _is_one(images: object) -> bool:
    """Whether `images`, which may be iterable, is no list of images."""
    texts = isinstance(images, str | bytes | bytearray | memoryview | os.PathLike | Mapping)
    return texts or _is_a(images, "numpy", "ndarray")


def _read(image: Any, where: str) -> Image:
    match image:
        case str() if image.startswith(_WEB):
            return _on_the_web(image, where)
        case str() if image.startswith("data:"):
            return _described(_data_of(image, where), where)
        case str() | os.PathLike():
            return _described(_file(image, where), where)
        case bytes() | bytearray() | memoryview():
            return _described(bytes(image), where)
    if _is_a(image, "numpy", "ndarray"):
        image = _from_array(image, where)
    if _is_a(image, "PIL.Image", "Image"):
        return _described(_encoded(image), where)
    if _is_a(image, "matplotlib.figure", "Figure"):
        drawn = io.BytesIO()
        image.savefig(drawn, format="png")
        return _described(drawn.getvalue(), where)
    raise TypeError(f"{where} is of type {type(image).__name__}; it must be {_ACCEPTED}.")


def _is_a(value: object, module: str, name: str) -> bool:
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(value, kind)


def _on_the_web(url: str, where: str) -> Image:
    if hide_keys(url) != url:
        raise ValueError(f"{where}: the address holds a key: fetch the image and pass its bytes.")
    address = urlsplit(url)
    # What may be private of an address, its query above all, stays out of the trace.
    return Image(url, f"image at {address.hostname}{address.path}"[:200])


def _data_of(url: str, where: str) -> bytes:
    head, comma, data = url.partition(",")
    if not (comma and head.endswith(";base64")):
        raise ValueError(f"{where} is no data: URL in base64: pass the bytes of the image.")
    try:
        return b64decode(data, validate=True)
    except ValueError:
        raise ValueError(f"{where}: its base64 is damaged: pass the bytes of the image.") from None


def _file(path: str | os.PathLike[str], where: str) -> bytes:
    try:
        with Path(path).expanduser().open("rb") as file:
            return file.read(_LARGEST + 1)
    except (OSError, ValueError, RuntimeError) as error:
        problem = getattr(error, "strerror", None) or error
        raise ValueError(
            f"{where}: the file {str(path)[:_SHOWN]!r} can't be read ({problem}); pass {_ACCEPTED}."
        ) from None


def _from_array(array: Any, where: str) -> Any:
    if "PIL.Image" not in sys.modules:
        raise ValueError(f"{where}: to send an array as an image, `import PIL.Image` first.")
    grey = array.ndim == 2
    if array.dtype != "uint8" or not (grey or (array.ndim == 3 and array.shape[2] in (3, 4))):
        raise ValueError(
            f"{where}: an array of {array.dtype} with shape {array.shape} is no image: it must be "
            "of uint8, with the shape (height, width) or (height, width, 3 or 4)."
        )
    return sys.modules["PIL.Image"].fromarray(array)


def _encoded(image: Any) -> bytes:
    """A PIL image as a file: photographs stay JPEG, of which PNG makes many times more bytes."""
    from PIL import ImageOps

    photograph = image.format in ("JPEG", "MPO")
    image = ImageOps.exif_transpose(image)
    modes = ("L", "RGB") if photograph else ("1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16")
    if image.mode not in modes:
        image = image.convert("RGB")
    encoded = io.BytesIO()
    if photograph:
        image.save(encoded, format="JPEG", quality=90)
    else:
        image.save(encoded, format="PNG")
    return encoded.getvalue()


def _described(data: bytes, where: str) -> Image:
    if len(data) > _LARGEST:
        raise ValueError(f"{where} is larger than {_LARGEST // 10**6} MB: scale the image down.")
    kind = _format(data)
    if kind is None:
        raise ValueError(
            f"{where} is no image that models read (PNG, JPEG, GIF, WebP): open it with PIL and "
            "pass the PIL image."
        )
    width, height = pixels_of(data) or (None, None)
    pixels = f" {width}×{height}" if width else ""
    label = f"image{pixels} {kind}, {max(1, round(len(data) / 1000)):,} kB"
    url = f"data:image/{kind};base64,{b64encode(data).decode()}"
    return Image(url, label, width, height)


def _format(data: bytes) -> str | None:
    if data.startswith(_PNG):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    return "webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def pixels_of(data: bytes) -> tuple[int, int] | None:
    """Return width and height as the start of an image states them; None where it doesn't."""
    match _format(data):
        case "png":
            return _number(data, 16, 4), _number(data, 20, 4)
        case "gif":
            return _number(data[7:5:-1], 0, 2), _number(data[9:7:-1], 0, 2)
        case "jpeg":
            return _jpeg_size(data)
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # start of a frame
            return _number(data, at + 7, 2), _number(data, at + 5, 2)
        at += 2 + _number(data, at + 2, 2)
    return None


def _number(data: bytes, at: int, length: int) -> int:
    return int.from_bytes(data[at : at + length], "big")
