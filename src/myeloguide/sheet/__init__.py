"""The sheet for a tumour board: one patient's answer on a page or two."""
