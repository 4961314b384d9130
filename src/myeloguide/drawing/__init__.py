"""A patient's story drawn: what is drawn (chart), where (layout), and on what (svg, terminal)."""
