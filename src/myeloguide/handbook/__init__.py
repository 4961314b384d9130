"""The guideline to be read: what a pack says, list by list, as pages, in the terminal and as a flow chart."""
