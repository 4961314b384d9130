"""Agents, regimens, facts and codes: what the field calls things, read strictly from data files."""
