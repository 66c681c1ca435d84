"""The two ways to a model: litellm's own call, and its request sent over one HTTP session."""
