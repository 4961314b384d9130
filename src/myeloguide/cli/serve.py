"""The command that serves the page and the JSON API."""

from __future__ import annotations

import sys
import webbrowser
from threading import Timer

from myeloguide.errors import InputError, Problem
from myeloguide.guideline.prepared import load_pack


def serve(port: int, host: str, pack: str, *, browser: bool) -> None:
    """Serve until stopped. Loopback unless another address is named, of which the user is warned."""
    try:
        import uvicorn

        from myeloguide.web.app import LOOPBACK, create_app
    except ModuleNotFoundError as error:
        what = f"needs the package {error.name}, which is not installed"
        raise InputError(Problem("myeloguide serve", what, "pip install 'myeloguide[web]'")) from None
    hosts = LOOPBACK if host in LOOPBACK else (*LOOPBACK, host)
    app = create_app(load_pack(pack), hosts)
    address = f"http://{host}:{port}"
    if host not in LOOPBACK:
        sys.stderr.write(f"myeloguide: warning: {host} can be reached from other machines, without a password and unencrypted\n")
    sys.stderr.write(f"myeloguide: {address} (stop with Ctrl-C)\n")
    if browser:
        opening = Timer(0.8, webbrowser.open, (address,))
        opening.daemon = True
        opening.start()
    uvicorn.run(app, host=host, port=port, log_level="error", access_log=False, server_header=False, date_header=False)
