"""Asking a person about a block of code before it runs."""
