"""The trace of a run tree: recording its events, and folding them into figures and reports."""
