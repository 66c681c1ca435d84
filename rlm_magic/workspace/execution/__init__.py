"""Runs generated code in the person's process: bridge, streams, guards, interrupt."""
