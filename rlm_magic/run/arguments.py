"""Checks what code hands to the helpers, those of a run and those of a recorded one alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rlm_magic.models.images import Image, read_images

__all__ = ["check_contexts", "check_prompts", "check_question", "read_images_of"]

_SEVERAL = {
    "llm_query": "llm_query_batched([prompt, …])",
    "rlm_query": "rlm_query_batched(questions, contexts)",
}


def check_question(question: object, helper: str) -> str:
    """Return `question`, one prompt; raise TypeError with what to call for several."""
    if not isinstance(question, str):
        raise TypeError(
            f"{helper} takes one text, a str, not {type(question).__name__}; for several use "
            f"{_SEVERAL[helper]}."
        )
    return question


def check_prompts(prompts: object, helper: str) -> list[str]:
    """Return `prompts` as a list of str; raise TypeError with what to pass instead."""
    if isinstance(prompts, str | bytes | Mapping) or not isinstance(prompts, Iterable):
        raise TypeError(
            f"{helper} takes a list of prompts, not one {type(prompts).__name__}: "
            f"{helper}([prompt, …])."
        )
    listed = list(prompts)
    for index, prompt in enumerate(listed):
        if not isinstance(prompt, str):
            raise TypeError(
                f"{helper}: prompt {index} is of type {type(prompt).__name__}; each must be a str."
            )
    return listed


def check_contexts(contexts: Iterable[Any] | None, expected: int) -> list[Any]:
    """Return one context for each of the `expected` questions of rlm_query_batched."""
    if contexts is None:
        return [None] * expected
    return _one_for_each(contexts, expected, "rlm_query_batched", "questions", "contexts")


def read_images_of(images: object, expected: int) -> list[tuple[Image, ...]]:
    """Return the images of each of the `expected` prompts of llm_query_batched.

    `images` holds an entry for each prompt: an image, a list of them, or None. Raises what
    `read_images` raises, TypeError where it is no list, ValueError where its length is another.
    """
    if images is None:
        return [()] * expected
    if isinstance(images, str | bytes | Mapping) or not isinstance(images, Iterable):
        raise TypeError(
            "llm_query_batched takes images as a list with an entry for each prompt (an image, a "
            f"list of images, or None), not one {type(images).__name__}."
        )
    listed = _one_for_each(images, expected, "llm_query_batched", "prompts", "images")
    read: dict[int, tuple[Image, ...]] = {}
    for index, entry in enumerate(listed):
        if id(entry) not in read:  # an image that goes with many prompts is encoded once
            read[id(entry)] = read_images(entry, f"images[{index}]")
    return [read[id(entry)] for entry in listed]


def _one_for_each(
    values: Iterable[Any], expected: int, helper: str, asked: str, given: str
) -> list[Any]:
    listed = list(values)
    if len(listed) != expected:
        raise ValueError(
            f"{helper} got {expected} {asked} and {len(listed)} {given}; give one entry of "
            f"{given} for each of the {asked}."
        )
    return listed
