"""Images of a prompt: whatever holds one becomes what models read; nothing else is taken."""

from __future__ import annotations

import io
import re
from base64 import b64decode, b64encode
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib.figure
import numpy
import PIL.Image
import pytest

from rlm_magic.events import SubCallStarted
from rlm_magic.models.images import Image, content, read_images
from tests.engine import engine, of, repl, run_program
from tests.servers.client import FakeOpenAI


def picture(mode: str = "RGB", size: tuple[int, int] = (640, 480)) -> PIL.Image.Image:
    return PIL.Image.new(mode, size)


def encoded(kind: str, image: PIL.Image.Image | None = None, **options: Any) -> bytes:
    file = io.BytesIO()
    (image or picture()).save(file, format=kind, **options)
    return file.getvalue()


def opened(image: Image) -> PIL.Image.Image:
    """What a model would see."""
    head, _, data = image.url.partition(";base64,")
    found = PIL.Image.open(io.BytesIO(b64decode(data)))
    assert head == f"data:image/{str(found.format).lower()}"
    return found


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "webp"])
def test_a_file_is_sent_as_it_is(kind: str, tmp_path: Path) -> None:
    data = encoded(kind)
    (tmp_path / "picture").write_bytes(data)
    url = f"data:image/{kind};base64,{b64encode(data).decode()}"
    for given in (data, bytearray(data), tmp_path / "picture", str(tmp_path / "picture"), url):
        (image,) = read_images(given)
        assert image.url == url


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif"])
def test_its_size_is_told(kind: str) -> None:
    (image,) = read_images(encoded(kind))
    assert (image.width, image.height) == (640, 480)
    assert re.fullmatch(rf"image 640×480 {kind}, \d+ kB", image.label)


def test_a_jpeg_with_other_segments_before_its_frame_has_its_size() -> None:
    exif = PIL.Image.Exif()
    exif[0x010E] = "a description " * 100
    (image,) = read_images(encoded("jpeg", exif=exif, progressive=True))
    assert (image.width, image.height) == (640, 480)


def test_an_image_without_a_size_in_its_first_bytes_is_taken() -> None:
    assert read_images(encoded("jpeg")[:20])[0].width is None


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "F", "HSV", "I;16"])
def test_a_pil_image_of_any_mode(mode: str) -> None:
    assert opened(read_images(picture(mode))[0]).size == (640, 480)


def test_a_photograph_stays_one() -> None:
    photograph = PIL.Image.open(io.BytesIO(encoded("jpeg", picture("CMYK"))))
    assert opened(read_images(photograph)[0]).format == "JPEG"


def test_a_photograph_is_upright_and_tells_nothing_but_what_it_shows() -> None:
    exif = PIL.Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "where it was taken"
    photograph = PIL.Image.open(io.BytesIO(encoded("jpeg", exif=exif)))
    shown = opened(read_images(photograph)[0])
    assert shown.size == (480, 640)
    assert dict(shown.getexif()) == {}


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 3), (4, 6, 4)])
def test_an_array_of_bytes(shape: tuple[int, ...]) -> None:
    array = numpy.arange(numpy.prod(shape), dtype="uint8").reshape(shape)
    shown = opened(read_images(array)[0])
    assert (numpy.asarray(shown) == array).all()


def test_a_figure() -> None:
    figure = matplotlib.figure.Figure(figsize=(3, 2), dpi=100)
    figure.subplots().plot([1, 2])
    assert opened(read_images(figure)[0]).size == (300, 200)


@pytest.mark.parametrize("url", ["https://example.org/a.png", "http://localhost:1/a.png"])
def test_an_address_is_left_to_the_model(url: str) -> None:
    assert read_images(url)[0].url == url


def test_of_an_address_only_host_and_path_are_told() -> None:
    (image,) = read_images("https://me:pass@example.org:8080/a/b.png?signature=abc#part")
    assert image.label == "image at example.org/a/b.png"
    assert "signature" not in repr(image)


def test_an_address_that_holds_a_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "very-secret-value")
    with pytest.raises(ValueError, match="the address holds a key") as raised:
        read_images("https://example.org/a.png?key=very-secret-value")
    assert "very-secret-value" not in str(raised.value)


def test_one_or_several_or_none() -> None:
    data = encoded("png")
    assert read_images(None) == read_images([]) == ()
    assert read_images(data) == read_images([data]) == read_images(iter([data]))
    assert len(read_images((data, picture(), "https://example.org/a"))) == 3


@pytest.mark.parametrize(
    "given", [7, {"url": "https://example.org/a"}, SimpleNamespace(url=""), [None], [[b""]]]
)
def test_what_holds_no_image_is_a_type_error(given: object) -> None:
    with pytest.raises(TypeError, match=r"images.* is of type .*; it must be a PIL image"):
        read_images(given)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("no/such/file.png", r"images: the file 'no/such/file.png' can't be read \(No such file"),
        ("x" * 100_000, r"the file 'x{80}' can't be read \(File name too long\)"),
        ("null\0byte", "can't be read"),
        ("~nobody-at-all/x", "can't be read"),
        (Path(), "can't be read"),
        (b"", r"no image that models read \(PNG, JPEG, GIF, WebP\): open it with PIL"),
        (b"GI", "no image that models read"),
        (encoded("bmp"), "no image that models read"),
        ("data:image/png;base64,###", "its base64 is damaged"),
        ("data:image/png,abc", "no data: URL in base64"),
        ("data:text/plain;base64,YWJj", "no image that models read"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20_000_000), "larger than 20 MB: scale the image down"),
        (numpy.zeros((2, 2)), r"an array of float64 with shape \(2, 2\) is no image"),
        (numpy.zeros((2, 2, 7), "uint8"), r"\(height, width, 3 or 4\)"),
        (numpy.zeros(2, "uint8"), "is no image"),
    ],
)
def test_what_can_not_be_read_is_a_value_error(given: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_images(given)


def test_an_error_says_which_of_several_it_is() -> None:
    with pytest.raises(ValueError, match=r"^images\[1\] is no image"):
        read_images([encoded("png"), b"nothing"])


def test_nothing_is_imported_that_the_person_has_not_imported() -> None:
    done = run_program(
        """
import sys
from pathlib import Path
from rlm_magic.models.images import read_images
read_images([b"GIF89a" + bytes(9), "https://example.org/a"])
print([name for name in ("numpy", "PIL", "matplotlib", "litellm") if name in sys.modules])
"""
    )
    assert done.out.strip() == "[]", done.err


def test_the_text_comes_first_and_alone_where_there_are_no_images() -> None:
    assert content("read this", ()) == "read this"
    images = read_images([encoded("png"), "https://example.org/a"])
    assert content("read this", images) == [
        {"type": "text", "text": "read this"},
        {"type": "image_url", "image_url": {"url": images[0].url}},
        {"type": "image_url", "image_url": {"url": "https://example.org/a"}},
    ]


def test_images_reach_the_model_and_the_trace_says_what_they_were(server: FakeOpenAI) -> None:
    url = "https://example.org/a.png?signature=abc"
    server.script(
        [
            repl(
                f"""
                import numpy, PIL.Image
                grey = numpy.zeros((4, 6), "uint8")
                both = [[grey, {url!r}], None, {url!r}]
                FINAL(llm_query_batched(["see", "read", "see"], images=both))
                """
            )
        ]
    )
    result = engine(server).completion("q")
    assert result.answer == ["echo: see", "echo: read", "echo: see"]
    sent = [request.messages[0]["content"] for request in server.sub_requests()]
    assert "read" in sent
    shown = sorted(
        [part["image_url"]["url"] for part in content[1:]] for content in sent if content != "read"
    )
    assert [len(urls) for urls in shown] == [2, 1]
    assert opened(Image(shown[0][0], "")).size == (6, 4)
    assert shown[0][1] == shown[1][0] == url
    told = {event.images for event in of(result, SubCallStarted)}
    assert told == {
        ("image 6×4 png, 1 kB", "image at example.org/a.png"),
        (),
        ("image at example.org/a.png",),
    }
    assert "signature" not in "".join(
        event.model_dump_json() for event in of(result, SubCallStarted)
    )


def test_what_can_not_be_read_is_refused_before_anything_is_sent(server: FakeOpenAI) -> None:
    server.script([repl("llm_query_batched(['a', 'b'], images=[None, 'no-such.png'])"), "FINAL(1)"])
    engine(server).completion("q")
    assert server.sub_requests() == []
    problem = "ValueError: images[1]: the file 'no-such.png' can't be read (No such file"
    assert problem in server.root_requests()[1].prompt
