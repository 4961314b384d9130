"""The trials of the source: every result with its place, checked, and matched to option and patient."""
