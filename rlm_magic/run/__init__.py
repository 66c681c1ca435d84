"""The root loop: a model's replies, the code in them, its execution, and the final answer."""
