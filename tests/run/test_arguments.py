"""What code hands to the helpers is checked in one way, and read once."""

from __future__ import annotations

from typing import Any

import PIL.Image
import pytest

from rlm_magic.run.arguments import (
    check_contexts,
    check_prompts,
    check_question,
    read_images_of,
)


def test_an_image_that_goes_with_many_prompts_is_encoded_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = PIL.Image.new("RGB", (4, 4))
    saved: list[Any] = []
    save = PIL.Image.Image.save

    def count(self: PIL.Image.Image, *arguments: Any, **options: Any) -> None:
        saved.append(arguments)
        save(self, *arguments, **options)

    monkeypatch.setattr(PIL.Image.Image, "save", count)
    images = read_images_of([image] * 100, 100)
    assert len(saved) == 1
    assert images == [images[0]] * 100


def test_images_that_are_made_on_the_way_are_told_apart() -> None:
    sizes = [(1, 1), (2, 2), (3, 3)]
    images = read_images_of((PIL.Image.new("L", size) for size in sizes), 3)
    assert [(image.width, image.height) for (image,) in images] == sizes


def test_no_images_are_none_for_each_prompt() -> None:
    assert read_images_of(None, 2) == read_images_of([None, []], 2) == [(), ()]
    assert read_images_of([], 0) == []


@pytest.mark.parametrize("images", [b"GIF89a", "a.png", {"a": 1}, PIL.Image.new("L", (1, 1)), 7])
def test_one_image_for_a_batch_is_a_type_error(images: object) -> None:
    with pytest.raises(TypeError, match=r"an entry for each prompt .* not one"):
        read_images_of(images, 1)


def test_prompts_may_come_from_anything_iterable() -> None:
    assert check_prompts((letter for letter in "ab"), "llm_query_batched") == ["a", "b"]
    assert check_prompts({"a": 1}.keys(), "llm_query_batched") == ["a"]


@pytest.mark.parametrize("prompts", ["abc", b"abc", {"a": 1}, 7, None])
def test_one_prompt_for_a_batch_is_a_type_error(prompts: object) -> None:
    with pytest.raises(TypeError, match=r"llm_query_batched takes a list of prompts, not one"):
        check_prompts(prompts, "llm_query_batched")


def test_a_prompt_of_another_type_is_named_by_its_place() -> None:
    with pytest.raises(TypeError, match="prompt 1 is of type int; each must be a str"):
        check_prompts(["a", 7], "llm_query_batched")


@pytest.mark.parametrize("helper", ["llm_query", "rlm_query"])
def test_several_for_one_are_shown_the_way(helper: str) -> None:
    assert check_question("a", helper) == "a"
    with pytest.raises(TypeError, match=rf"not list; for several use {helper}_batched\("):
        check_question(["a"], helper)


def test_each_question_has_a_context() -> None:
    assert check_contexts(None, 2) == [None, None]
    assert check_contexts(iter("ab"), 2) == ["a", "b"]
    with pytest.raises(ValueError, match="got 2 questions and 1 contexts; give one entry"):
        check_contexts(["a"], 2)
