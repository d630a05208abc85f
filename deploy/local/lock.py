"""One supervisor for each state directory: a lock that the operating system gives back when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import IO

from deploy.local.errors import StackError
from deploy.local.identity import Identity, identify


def take_lock(path: Path) -> IO[str]:
    """Return the held lock, which names this process; raise StackError when another supervisor holds it.

    Keep the result: the lock is given back when it is closed. Children do not inherit it.
    """
    lock = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        holder = lock_holder(path)
        raise StackError(
            f"the stack runs already{f' (supervisor {holder.pid})' if holder else ''}: "
            f"'make status' shows it, 'make down' ends it"
        ) from None
    lock.truncate(0)
    lock.write(json.dumps(asdict(own_identity())))
    lock.flush()
    return lock


def own_identity() -> Identity:
    """Return which process this is."""
    return identify(os.getpid()) or Identity(os.getpid(), "")


def lock_holder(path: Path) -> Identity | None:
    """Return the supervisor that holds the lock; None when there is none."""
    try:
        with path.open("r+", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return Identity(**json.loads(lock.read()))
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise StackError(f"{path} belongs to another user: run this as the user that runs the stack") from error
    except (ValueError, TypeError):
        return None
    return None
