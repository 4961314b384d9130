"""`python -m myeloguide`."""

from myeloguide.cli import main

main()
