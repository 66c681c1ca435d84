"""Takes a prompt apart into the instruction and the text it is about."""

import re

__all__ = ["split_prompt"]

_MARK = re.compile(r"(?im)^\s*(?:text|document|context|passage|item|content|data)\s*:[ \t]*\n?")


def split_prompt(prompt: str) -> tuple[str, str]:
    """Instruction and text: at a line such as `Text:`, else at the first blank line or line end."""
    if found := _MARK.search(prompt):
        return prompt[: found.start()].strip(), prompt[found.end() :].strip()
    for gap in (r"\n\s*\n", r"\n", r":\s"):
        parts = re.split(gap, prompt, maxsplit=1)
        if len(parts) == 2:
            return parts[0].strip(), parts[1].strip()
    return prompt.strip(), ""
