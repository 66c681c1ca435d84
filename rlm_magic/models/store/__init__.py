"""The store: what models were asked and what they replied, in one SQLite file.

It answers repeated requests for free (cache), keeps what an interrupted run has paid for, and lets
a notebook run again without a model (replay). The file holds prompts and replies as they are, so
it is as private as the data that they are about: only its owner may read it (mode 0600), and a
copy that is exported beside a notebook goes where the notebook goes. Keys are never in it.
"""
