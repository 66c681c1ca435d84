"""Questions about source code: definitions, base classes, counts, long listings."""

import ast
import json
import pathlib
import textwrap

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def library():
    """A part of the standard library as it is on this machine."""
    root = pathlib.Path(json.__file__).parent.parent
    names = ["queue.py", "socketserver.py", "heapq.py", "textwrap.py", "json/decoder.py"]
    names += ["http/server.py", "json/__init__.py", "asyncio/queues.py", "asyncio/mixins.py"]
    return {name: (root / name).read_text(encoding="utf-8") for name in names}


def definitions(sources, kind):
    for name, text in sources.items():
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, kind):
                yield name, node, node in tree.body


@pytest.mark.parametrize(
    "question",
    [
        "In which module is the class `{}` defined, and on which line?",
        "Which module defines the class {}?",
        "Where is {} defined?",
        'Find the definition of the class "{}".',
    ],
)
@pytest.mark.parametrize("wanted", ["LifoQueue", "JSONDecoder", "TextWrapper"])
def test_every_place_where_a_class_is_defined_is_found(ask, library, question, wanted):
    answer = ask(question.format(wanted), sources=library)
    for name, node, _ in definitions(library, ast.ClassDef):
        assert (f"{name}, line {node.lineno}" in answer) == (node.name == wanted)


def test_a_definition_in_a_string_or_in_python_2_is_none(ask, package):
    assert ask("Where is the class `Circle` defined?", code=package) == (
        "`Circle` is defined in shapes/round.py, line 7."
    )
    assert "not defined" in ask("Where is the function `fake` defined?", code=package)


def test_functions_and_values_are_found_too(ask, package):
    assert "shapes/draw.py, line 13" in ask("Where is the function `draw` defined?", code=package)
    assert "LIMIT = 17" in ask("What value is assigned to `LIMIT`?", code=package)


def test_source_code_is_preferred_to_a_table_about_it(ask, package):
    modules = pd.DataFrame({"module": list(package), "functions": 1, "classes": 2})
    answer = ask("In which module is the class `Disc` defined?", sources=package, modules=modules)
    assert "shapes/draw.py" in answer


def test_a_table_of_figures_is_preferred_for_counting(ask, package):
    figures = {"module": list(package), "functions": [1, 2, 9, 0, 0], "classes": [2, 1, 1, 1, 0]}
    answer = ask(
        "How many functions and classes do the modules define in all, "
        "and which module defines the most functions?",
        sources=package,
        modules=pd.DataFrame(figures),
    )
    assert answer == {
        "sum of functions": 12,
        "sum of classes": 5,
        "module with the most functions": {"shapes/draw.py": 9},
    }


def test_without_a_table_the_sources_are_measured(ask, library):
    functions = [name for name, *_ in definitions(library, ast.FunctionDef | ast.AsyncFunctionDef)]
    classes = list(definitions(library, ast.ClassDef))
    most = max(library, key=functions.count)
    answer = ask(
        "How many functions and classes are there in the sources, "
        "and which module defines the most functions?",
        sources=library,
    )
    assert answer == {
        "sum of functions": len(functions),
        "sum of classes": len(classes),
        "module with the most functions": {most: functions.count(most)},
    }


def test_public_module_level_functions_are_counted_alone(ask, library):
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    public = [node for _, node, top in definitions(library, kinds) if top and node.name[0] != "_"]
    question = "How many public top-level functions do the sources define?"
    assert ask(question, sources=library) == len(public)


@pytest.mark.parametrize(
    ("question", "lines"),
    [
        (
            "Which class does `Circle` inherit from, and in which module is it defined?",
            ["`Circle` is defined in shapes/round.py, line 7", "`Shape` is defined in shapes/base"],
        ),
        (
            "Which module defines the base class of the base class of `Disc`?",
            [
                "shapes/draw.py",
                "`Circle` is defined in shapes/round",
                "`Shape` is defined in shapes",
            ],
        ),
        (
            "Starting from `Disc`, follow the base classes up to their top.",
            ["`Disc`", "`Circle`", "`Shape` is defined in shapes/base.py, line 8", "`Thing`"],
        ),
    ],
)
def test_base_classes_are_followed_through_imports(ask, package, question, lines):
    answer = ask(question, code=package).split("\n")
    assert len(answer) == len(lines)
    assert all(part in line for part, line in zip(lines, answer, strict=True))


def test_a_built_in_base_class_is_called_one(ask, library):
    question = "Which class does `JSONDecodeError` inherit from, and where is that one defined?"
    answer = ask(question, sources=library)
    assert "json/decoder.py" in answer
    assert "inherits from `ValueError`" in answer
    assert "built-in class" in answer


def test_several_bases_are_all_followed_to_their_top(ask, library):
    question = (
        "Starting from the class `ThreadingHTTPServer`, follow the base classes up to their top; "
        "in which module is each defined?"
    )
    places = {
        node.name: (name, node.lineno) for name, node, _ in definitions(library, ast.ClassDef)
    }
    answer = ask(question, sources=library).split("\n")
    chain = ["ThreadingHTTPServer", "ThreadingMixIn", "HTTPServer", "TCPServer", "BaseServer"]
    for name, line in zip(chain, answer, strict=True):
        module, number = places[name]
        assert f"`{name}` is defined in {module}, line {number}," in line


def test_subclasses_are_listed(ask, package):
    answer = ask("Which classes inherit from `Shape`?", code=package)
    assert answer == [("Circle", "shapes/round.py", 7)]


@pytest.mark.parametrize(
    "question",
    [
        "Write an index of all public functions: one line for each with module, name and first "
        "docstring line.",
        "Make a listing of the public functions with module, name and docstring.",
    ],
)
def test_an_index_has_one_line_for_each_function(run, library, question):
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    expected = {
        f"{name} | {node.name} | {(ast.get_docstring(node) or '').split(chr(10))[0]}".rstrip()
        for name, node, top in definitions(library, kinds)
        if top and not node.name.startswith("_")
    }
    result = run(question, sources=library)
    assert set(result.answer.split("\n")) == expected
    assert all(len(message["content"]) < 6000 for message in result.messages)


def test_a_listing_of_classes_and_methods_takes_the_columns_asked_for(ask, package):
    answer = ask("Write a report of all classes, one line each: module, name, line", code=package)
    lines = answer.split("\n")
    assert "shapes/round.py | Circle | 7" in lines
    assert len(lines) == 5
    methods = ask("Make a list of all methods with name and line", code=package)
    assert methods.split("\n") == ["area | 11", "area | 8"] or methods.count("area") == 2


def test_a_table_of_records_has_a_header_and_a_row_for_each(ask, tickets):
    table = ask("Make a table of all tickets with id and status", tickets=tickets).split("\n")
    assert table[0] == "| id | status |"
    assert table[2:] == [f"| {t['id']} | {t['status']} |" for t in tickets]
    assert (
        len(ask("Write a report with one line for each ticket", tickets=tickets).split("\n")) == 7
    )


def test_an_index_of_texts_has_the_columns_asked_for(ask, chapters):
    answer = ask(
        "Write a report with one line for each chapter with name and number of words.",
        chapters=chapters,
    )
    assert answer.split("\n") == [f"{k} | {len(v.split())}" for k, v in chapters.items()]


def test_modules_are_classified_by_their_docstring(ask, package):
    package = {k: textwrap.dedent(v) for k, v in package.items()}
    question = (
        "Classify each module by its docstring into data structures, shapes or other "
        "and count each class."
    )
    assert ask(question, sources=package) == {"other": 3, "data structures": 1, "shapes": 1}
    docs = pd.DataFrame({"module": ["a", "b", "c"], "docstring": ["a socket server", "heap", None]})
    question = "Classify each module by its docstring into networking, data structures or other."
    assert ask(question, modules=docs) == {"networking": 1, "data structures": 1, "other": 1}
