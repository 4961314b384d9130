"""Recorded stories of simulated patients whose truth is known because it was made."""
