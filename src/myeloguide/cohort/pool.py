"""Work shared out among processes: part after part, the results in order."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context, resource_tracker
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")


def in_order(function: Callable[[Part], Result], parts: Iterable[Part], workers: int) -> Iterator[Result]:
    """Yield the result of each part in order; with several processes only a few parts are under way at a time."""
    if workers <= 1:
        yield from map(function, parts)
        return
    with _pool(workers) as pool:
        pending: deque[Future[Result]] = deque()
        for part in parts:
            with _interrupt_held():
                pending.append(pool.submit(function, part))
            if len(pending) > 2 * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


@contextmanager
def _interrupt_held() -> Iterator[None]:
    """Hold an interrupt back while a process starts: it inherits that, and would else print a traceback of its own."""
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    resource_tracker.ensure_running()  # started later, it would let the interrupt through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Start processes anew (a fork would copy threads), and leave none behind; an interrupt is for this process to handle."""
    quiet = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=quiet)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
