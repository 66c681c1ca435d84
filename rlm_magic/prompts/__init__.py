"""The words of the loop: what a root model is told, and how its replies are read."""
