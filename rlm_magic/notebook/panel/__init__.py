"""The panel under a cell while its run lives: what it shows, and what a person decides in it."""
