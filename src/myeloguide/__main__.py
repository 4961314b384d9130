"""The program's way in: `myeloguide` and `python -m myeloguide`."""

import gc
import os


def main() -> None:
    """Run the command line."""
    # Two things that a short run does not need: a search for plug-ins of Pydantic, and garbage collection while modules load.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.disable()
    try:
        from myeloguide import cli
    except EOFError:
        from myeloguide.errors import cut_short

        cut_short()
    cli.main()


if __name__ == "__main__":
    main()
