"""The live namespace: lending it to a run, describing it, reviewing code and running it there."""
