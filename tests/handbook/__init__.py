"""The guideline to be read."""
