"""Calls to language models: the I/O thread, the ledger, litellm, and the offline model."""
