"""What the offline model says about itself, and when it has to pass."""

__all__ = ["ABOUT", "SHORT"]

SHORT = "I am offline/demo: a set of rules that ships with rlm-magic, not a neural network."

ABOUT = f"""{SHORT} \
I cannot answer this, because none of my rules fits it. What I can do, on your own variables:

- describe: What is in `data`?
- search: Find all lines that mention "timeout".
- find one fact: What is the magic number? In which module is the class `Queue` defined?
- count and group: How many tickets are open? What is the average price by region?
- classify: Classify each ticket into billing, technical or account, and count each class.
- pairs: Which pairs of records share the same email?
- follow links: Who is the manager of the manager of Ada? Which class does `Queue` inherit from?
- long output: Write an index of all public functions, one line for each.
- summarise: Summarise `report`.

For anything else choose a real model: start the cell with %%rlm -m openai/gpt-5 \
or set the environment variable RLM_MODEL, and give the key of its provider."""
