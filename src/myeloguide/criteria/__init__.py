"""Conditions: a small tree of frozen nodes, its text form, the one walk over it, and its English. No medicine here."""
