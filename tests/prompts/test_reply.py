"""Reading a root model's reply: what models write, and what is to be run or taken of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_magic.prompts.reply import FinalText, FinalVar, read_reply
from rlm_magic.syntax import parses

THREE, FOUR = "`" * 3, "`" * 4


def fenced(code: str, tag: str = "repl") -> str:
    return f"{THREE}{tag}\n{code}\n{THREE}"


# --- code ---


@pytest.mark.parametrize(
    "tag",
    [
        "repl",
        "python",
        "py",
        "ipython",
        "REPL",
        "Python",
        "PY",
        "python3",
        "tool_code",
        "",
        " repl",
        "{python}",
        "{.python}",
        "python title=x",
        "Python \t",
    ],
)
def test_a_fence_with_a_python_tag_or_none_is_code(tag: str) -> None:
    reply = read_reply(f"I look first.\n\n{fenced('print(len(context))', tag)}\n")
    assert reply.blocks == ("print(len(context))",)
    assert reply.final is None
    assert reply.notes == ()
    assert reply.prose == "I look first."
    assert not reply.is_empty


NESTED = f'''prompt = """Answer like this:
{THREE}json
{{"a": 1}}
{THREE}
Nothing else."""
print(llm_query(prompt))'''

ONE_BLOCK = {
    "windows line ends": (f"{THREE}repl\r\nx = 1\r\ny = 2\r\n{THREE}\r\n", "x = 1\ny = 2"),
    "in a list item": (f"1. First:\n   {THREE}python\n   if x:\n       y()\n   {THREE}", None),
    "on the marker's line": (f"- {THREE}python\n  if x:\n      y()\n  {THREE}", None),
    "deeply indented": (f"        {THREE}py\n        if x:\n            y()\n{THREE}", None),
    "tabs": (f"\t{THREE}py\n\tif x:\n\t    y()\n\t{THREE}", None),
    "code indented in its fence": (fenced("    if x:\n        y()"), None),
    "four backticks": (f"{FOUR}repl\nif x:\n    y()\n{FOUR}", None),
    "tildes": ("~~~repl\nif x:\n    y()\n~~~~", None),
    "a longer close": (f"{THREE}repl\nif x:\n    y()\n{FOUR}", None),
    "unclosed": (f"So:\n{THREE}repl\nif x:\n    y()\n", None),
    "blank lines around": (fenced("\n\n  \nif x:\n    y()\n\n"), None),
    "after thinking": (f"<think>Let me\n{fenced('no()')}\n</think>\n{fenced('yes()')}", "yes()"),
    "thinking on one line": (f"<thinking>no</thinking>{fenced('yes()')}", "yes()"),
    "thinking opened by the template": (
        f"Hm.\n{fenced('no()')}\n</think>\n\n{fenced('yes()')}",
        "yes()",
    ),
    "reasoning": (f"<Reasoning>\n{THREE}repl\nno(\n</Reasoning>\n{fenced('yes()')}", "yes()"),
    "a fence in a string": (fenced(NESTED), NESTED),
    "a fence in a string, unclosed": (f"{THREE}repl\n{NESTED}", NESTED),
    "a bare fence in a string": (
        fenced(f"s = '''\n{THREE}\n'''\nf(s)"),
        f"s = '''\n{THREE}\n'''\nf(s)",
    ),
    "three in four": (f"{FOUR}repl\n{NESTED}\n{FOUR}", NESTED),
    "a thinking tag in a string": (
        fenced('s = s.split("</think>")[-1]'),
        's = s.split("</think>")[-1]',
    ),
    "thinking lines in a string": (fenced('s = """\n<think>\n"""'), 's = """\n<think>\n"""'),
    "an apostrophe in a comment": (fenced("# don't\nf()"), "# don't\nf()"),
    "magics": (fenced("%time x = f()\n!echo don't"), "%time x = f()\n!echo don't"),
    "a bare fence of magics": (fenced("%pip list", ""), "%pip list"),
    "FINAL alone": (fenced('FINAL_VAR("x")'), 'FINAL_VAR("x")'),
    "FINAL alone in a bare fence": (fenced("FINAL_VAR(x)", ""), "FINAL_VAR(x)"),
    "FINAL with prose in it": (fenced("FINAL(The answer is 4)"), "FINAL(The answer is 4)"),
    "invalid Python": (fenced("x = ("), "x = ("),
    "an invalid escape": (fenced(r"re.findall('\d', t)", ""), r"re.findall('\d', t)"),
    "top-level await": (fenced("await f()", ""), "await f()"),
}


@pytest.mark.parametrize("case", ONE_BLOCK)
def test_one_block_is_read_whole(case: str) -> None:
    text, code = ONE_BLOCK[case]
    assert read_reply(text).blocks == (code or "if x:\n    y()",)


def test_several_blocks_come_in_order() -> None:
    reply = read_reply(f"One.\n{fenced('a()')}\nTwo.\n{fenced('b()')}\nThree.\n{fenced('c()')}")
    assert reply.blocks == ("a()", "b()", "c()")
    assert reply.prose == "One.\nTwo.\nThree."
    assert reply.notes == ()


def test_a_fence_that_was_forgotten_to_close_ends_where_the_next_one_opens() -> None:
    reply = read_reply(f"{THREE}repl\na()\n\n{fenced('b()')}")
    assert reply.blocks == ("a()", "b()")


def test_repl_wins_over_python() -> None:
    reply = read_reply(f"{fenced('a()', 'python')}\n{fenced('b()')}\n{fenced('c()', 'Repl')}")
    assert reply.blocks == ("b()", "c()")
    assert len(reply.notes) == 1
    assert "```python fences were ignored" in reply.notes[0]


def test_a_block_that_was_cut_off_is_not_run() -> None:
    reply = read_reply(f"Now:\n{THREE}repl\nfor x in range(3):\n    print('abc")
    assert reply.blocks == ()
    assert reply.prose == "Now:"
    assert "cut off" in reply.notes[0]
    assert not reply.is_empty


def test_whole_blocks_before_one_that_was_cut_off_are_run() -> None:
    reply = read_reply(f"{fenced('a()')}\n{THREE}repl\nb(")
    assert reply.blocks == ("a()",)
    assert "cut off" in reply.notes[0]


@pytest.mark.parametrize("tag", ["bash", "sql", "json", "javascript", "Bash"])
def test_another_language_is_answered_with_what_was_expected(tag: str) -> None:
    reply = read_reply(f"Run this:\n{fenced('ls', tag)}")
    assert reply.blocks == ()
    assert reply.final is None
    assert f"```{tag.lower()} was ignored" in reply.notes[0]
    assert "```repl" in reply.notes[0]


def test_another_language_beside_code_is_ignored_and_said_so() -> None:
    reply = read_reply(f"{fenced('ls', 'bash')}\n{fenced('a()', 'python')}")
    assert reply.blocks == ("a()",)
    assert len(reply.notes) == 1
    assert "```bash was ignored" in reply.notes[0]


@pytest.mark.parametrize(
    "words",
    [
        "[1, 2, 3]",
        "42",
        "{'a': 1}",
        "Paris",
        "The answer is 42.",
        "Answer: 42\nName: Bo",
        "a-b",
        "FINAL(The answer is 42)",
        "# FINAL(4)",
    ],
)
def test_a_bare_fence_that_does_nothing_is_no_code(words: str) -> None:
    reply = read_reply(f"Here:\n{fenced(words, '')}")
    assert reply.blocks == ()
    assert reply.final is None
    assert "held no Python" in reply.notes[0]


def test_an_empty_code_fence_is_told() -> None:
    reply = read_reply(fenced(""))
    assert reply.blocks == ()
    assert "empty" in reply.notes[0]


# --- code and something else ---


@pytest.mark.parametrize(
    "invented",
    [
        fenced("42", "output"),
        fenced("42", "text"),
        fenced("42", "Console"),
        fenced("42", ""),
        "Output:\n42",
        "**Output:**\n\n42",
        "Expected output: 42",
        "Step 3 ran. Output (2 characters):\n42",
        f"Result:\n{fenced('Counter(a=3)', '')}",
    ],
)
@pytest.mark.parametrize("tag", ["repl", "python", ""])
def test_an_invented_output_is_ignored_and_the_model_is_told(invented: str, tag: str) -> None:
    reply = read_reply(f"{fenced('print(x)', tag)}\n\n{invented}\n")
    assert reply.blocks == ("print(x)",)
    assert len(reply.notes) == 1
    assert reply.notes[0].startswith("Output that you wrote yourself was ignored")


@pytest.mark.parametrize("final", ["FINAL(42)", "**FINAL_VAR(x)**"])
def test_a_final_beside_code_is_ignored_and_the_model_is_told(final: str) -> None:
    reply = read_reply(f"{fenced('print(x)')}\n\n{final}\n")
    assert reply.blocks == ("print(x)",)
    assert reply.final is None
    assert len(reply.notes) == 1
    assert reply.notes[0].startswith("FINAL outside of the code was ignored")


def test_words_about_the_code_are_no_invented_output() -> None:
    reply = read_reply(
        f"{fenced('print(x)')}\n\nThis prints the output; I then look at the results."
    )
    assert reply.notes == ()


# --- neither ---


def test_words_alone_are_only_words() -> None:
    reply = read_reply("I would look at `context` with `print(context)` and call `FINAL(x)` then.")
    assert (reply.blocks, reply.final, reply.notes) == ((), None, ())
    assert reply.prose.startswith("I would look")
    assert not reply.is_empty


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t\r\n",
        "<think>hm</think>",
        "<think>\nnever closed\n```repl\nx()\n```\n",
        "a\n</think>",
    ],
)
def test_nothing_or_only_thinking_is_empty(text: str) -> None:
    reply = read_reply(text)
    assert reply.is_empty
    assert (reply.blocks, reply.final, reply.prose, reply.notes) == ((), None, "", ())


def test_words_keep_fences_that_are_no_code() -> None:
    reply = read_reply(f"As follows.\n{fenced('a poem', 'text')}\nThat is all.")
    assert reply.prose == f"As follows.\n{fenced('a poem', 'text')}\nThat is all."
    assert reply.notes == ()


def test_a_mention_of_thinking_within_a_line_hides_nothing() -> None:
    reply = read_reply(f"I strip `<think>` and `</think>` tags.\n{fenced('a()')}")
    assert reply.blocks == ("a()",)


# --- finals in the text ---

FINAL_TEXTS = {
    "FINAL(42)": "42",
    "I am done.\n\nFINAL(42)\n": "42",
    "  FINAL( 42 )": "42",
    "**FINAL(42)**": "42",
    "- FINAL(42)": "42",
    "1. **FINAL(42)**.": "42",
    "FINAL(42)\n\nExplanation (short).": "42",
    "FINAL(42)\n\nHope this helps :)": "42",
    "FINAL(42) because (see above)": "42",
    "FINAL(42)\nFINAL(43)": "42",
    "FINAL()": "",
    'FINAL("")': "",
    'FINAL("Paris")': "Paris",
    "FINAL('Paris')": "Paris",
    'FINAL("a\\nb")': "a\nb",
    'FINAL("""a (b\nc""")': "a (b\nc",
    'FINAL("it\'s a) b (c")': "it's a) b (c",
    'FINAL("a" "b")': "ab",
    'FINAL("Dune" (1965) by Herbert)': '"Dune" (1965) by Herbert',
    'FINAL("one\ntwo (2)\nthree")': '"one\ntwo (2)\nthree"',
    "FINAL(f(x) = (a + b) * (c))": "f(x) = (a + b) * (c)",
    "FINAL(one (1)\ntwo (2)\nthree)": "one (1)\ntwo (2)\nthree",
    "FINAL(\n  one\n\n  two\n)\n": "one\n\n  two",
    "FINAL(It's Bo's (mostly))": "It's Bo's (mostly)",
    "FINAL(It's done :) really)": "It's done :) really",
    "FINAL(Great :))": "Great :)",
    "FINAL(Great :)": "Great :",
    "FINAL(Hi :)\nBye)": "Hi :)\nBye",
    "FINAL(sad :( but true)": "sad :( but true",
    "FINAL(an open ( one)": "an open ( one",
    "FINAL(Options:\na) one\nb) two\n)": "Options:\na) one\nb) two",
    'FINAL(He wrote "see 1) there" and left)\nNote (that).': 'He wrote "see 1) there" and left',
    "FINAL([1, 2, (3, 4)])": "[1, 2, (3, 4)]",
    "FINAL(As JSON:\n```json\n{}\n```\n)": "As JSON:\n```json\n{}\n```",
    "<think>FINAL(1)</think>FINAL(2)": "2",
    "```text\nFINAL(1)\n```\nFINAL(2)": "2",
}


@pytest.mark.parametrize("text", FINAL_TEXTS)
def test_a_line_with_final_is_the_answer(text: str) -> None:
    reply = read_reply(text)
    assert reply.final == FinalText(FINAL_TEXTS[text])
    assert reply.blocks == ()


@pytest.mark.parametrize(
    "text",
    [
        "FINAL_VAR(result)",
        'FINAL_VAR("result")',
        "FINAL_VAR('result')",
        "FINAL_VAR( result )",
        "FINAL_VAR(`result`)",
        "**FINAL_VAR(result)**",
        "Done.\n\nFINAL_VAR(result)\n\nThat is it.",
    ],
)
def test_a_line_with_final_var_names_the_answer(text: str) -> None:
    assert read_reply(text).final == FinalVar("result")


@pytest.mark.parametrize(
    "text",
    [
        "# FINAL(42)",
        "The answer: FINAL(42)",
        "Then I call `FINAL(42)`.",
        "`FINAL(42)`",
        '"FINAL(42)"',
        "> FINAL(42)",
        "FINAL (42)",
        "FINALLY(42)",
        "final(42)",
        "```text\nFINAL(42)\n```",
        "```output\nFINAL(42)\n```",
        "~~~\nFINAL(forty two)\n~~~",
        "```bash\nFINAL(42)\n```",
        "<think>\nFINAL(42)\n</think>\nHm.",
        "FINAL(42",
    ],
)
def test_final_elsewhere_is_no_answer(text: str) -> None:
    assert read_reply(text).final is None


def test_a_final_that_is_never_closed_is_told() -> None:
    reply = read_reply("FINAL(The answer is")
    assert reply.final is None
    assert "never closed" in reply.notes[0]


# --- any text ---

PIECES = [
    "`",
    THREE,
    f"{THREE}repl\n",
    f"{THREE}python\n",
    f"{THREE}\n",
    f"{FOUR}\n",
    "~~~\n",
    "'''",
    '"""',
    "'",
    '"',
    "\\",
    "\n",
    "\r\n",
    " ",
    "    ",
    "- ",
    "<think>",
    "</think>",
    "FINAL(",
    "FINAL_VAR(",
    "(",
    ")",
    ":)",
    "#",
    "x = 1",
    "%",
    "!",
    "?",
    "=",
    "\x00",
    "\ud800",
    "\u2028",
    "é",
    "Output:",
    "{",
    "]",
]


@given(st.lists(st.sampled_from(PIECES)).map("".join) | st.text())
def test_any_text_can_be_read(text: str) -> None:
    reply = read_reply(text)
    assert not (reply.blocks and reply.final)
    assert all(block.strip() for block in reply.blocks)
    assert reply == read_reply(text)


code = st.lists(
    st.sampled_from(
        [
            "x = 1",
            'y = """\n```\n"""',
            "z = '''\n```json\n{}\n```\n'''",
            "f(x)",
            "if x:\n    f()",
            "# ``` don't",
            "s = '```'",
        ]
    ),
    min_size=1,
).map("\n".join)


@given(code, st.sampled_from(["repl", "python"]), st.sampled_from([THREE, FOUR, "~~~"]))
def test_any_code_survives_its_fence(code: str, tag: str, fence: str) -> None:
    assert parses(code)
    assert read_reply(f"Words.\n{fence}{tag}\n{code}\n{fence}\nWords.").blocks == (code,)


# Each of these would take minutes if reading were quadratic in the length of the reply.
@pytest.mark.parametrize(
    "unit",
    [
        "`",
        f"{THREE}\n",
        f"{THREE}repl\n",
        f"{THREE}repl\ns='''\n{THREE}\n",
        f"{FOUR}py\nx\n{THREE}\n",
        "FINAL(",
        "FINAL(\n",
        'FINAL("""\n',
        "(",
        ")",
        " ",
        "\n",
        "<think>",
        "</think>",
        "<think></think>",
        f"{THREE}\nf()\n{THREE}\n",
        " :) ",
        "the ",
        '"""\\',
        "1. ",
    ],
)
@pytest.mark.parametrize("prefix", ["", f"{THREE}repl\n", "FINAL("])
def test_a_long_reply_of_one_piece_is_read_in_linear_time(unit: str, prefix: str) -> None:
    assert read_reply(prefix + unit * (250_000 // len(unit))) is not None
