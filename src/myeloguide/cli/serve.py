"""The command that serves the page and the JSON API."""

from __future__ import annotations

import os
import socket
import sys
import webbrowser
from threading import Timer

from myeloguide.errors import InputError, Problem, lacking
from myeloguide.guideline.prepared import load_pack


def serve(port: int, host: str, pack: str, workers: int, *, browser: bool) -> None:
    """Serve until stopped. Loopback unless another address is named, of which the user is warned."""
    try:
        import uvicorn
        from uvicorn.supervisors import Multiprocess

        from myeloguide.web.app import HOSTS, LOOPBACK, PACK
    except ModuleNotFoundError as error:
        raise lacking("myeloguide serve", f"needs the package {error.name}", "web") from None
    load_pack(pack)  # what is wrong with it is said before anything is served
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, so that nothing is held back
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        raise InputError(Problem(f"{host}:{port}", f"cannot be served: {error.strerror}", "name another --port")) from None
    os.environ[PACK] = pack
    os.environ[HOSTS] = " ".join(LOOPBACK if host in LOOPBACK else (*LOOPBACK, host))
    address = f"http://{host}:{port}"
    if host not in LOOPBACK:
        sys.stderr.write(f"myeloguide: warning: {host} can be reached from other machines, without a password and unencrypted\n")
    sys.stderr.write(f"myeloguide: {address} (stop with Ctrl-C)\n")
    if browser:
        opening = Timer(0.8, webbrowser.open, (address,))
        opening.daemon = True
        opening.start()
    config = uvicorn.Config(
        "myeloguide.web.app:from_environment", factory=True, workers=workers,
        log_level="error", access_log=False, server_header=False, date_header=False,
    )  # fmt: skip
    if workers > 1:
        Multiprocess(config, sockets=[listening]).run()
    else:
        uvicorn.Server(config).run(sockets=[listening])
