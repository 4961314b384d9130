"""The program's way in: `myeloguide` and `python -m myeloguide`."""

import gc
import os


def main() -> None:
    """Run the command line."""
    # What a short run does not need: a search for plug-ins of Pydantic, and garbage collection while modules load and at the end.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.disable()
    try:
        from myeloguide import cli
    except EOFError:
        from myeloguide.errors import cut_short

        cut_short()
    try:
        cli.main()
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
