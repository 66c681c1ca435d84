"""The live namespace: describing it, reviewing code, running code in it, giving it back."""
