"""The same answers for a table of patients, chunk by chunk."""
