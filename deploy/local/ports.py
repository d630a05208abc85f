"""Chooses the ports of the stack: the one asked for, the one kept since the first start, or the first free one."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from dataclasses import dataclass

from deploy.local.errors import StackError

SEARCH_PORTS_MAX = 200


@dataclass(frozen=True, slots=True)
class PortWish:
    """What is known of a port before it is chosen: asked for now, kept from an earlier start, usual."""

    variable: str
    asked: int | None
    kept: int | None
    usual: int


def choose_port(wish: PortWish, is_free: Callable[[int], bool]) -> int:
    """Return the port to listen on; raise StackError when the one that must be used is taken.

    A port once chosen is kept, because collectors on other machines and bookmarks name it.
    """
    variable, usual = wish.variable, wish.usual
    if wish.asked is not None:
        if not is_free(wish.asked):
            raise StackError(
                f"port {wish.asked}, which {variable} names, is in use: end the program that listens there, "
                f"or set {variable} to another port"
            )
        return wish.asked
    if wish.kept is not None:
        if not is_free(wish.kept):
            raise StackError(
                f"port {wish.kept}, which this stack has used since an earlier start, is in use: end the program "
                f"that listens there, or set {variable} to another port"
            )
        return wish.kept
    for port in range(usual, min(usual + SEARCH_PORTS_MAX, 65536)):
        if is_free(port):
            return port
    raise StackError(f"no port from {usual} to {usual + SEARCH_PORTS_MAX - 1} is free: set {variable} to a free one")


def port_notes(what: str, wish: PortWish, chosen: int, is_free: Callable[[int], bool]) -> list[str]:
    """Return what the user should know when the port is not the one that they may expect."""
    if wish.asked is not None:
        moved = wish.kept is not None and wish.kept != chosen
        return [f"{what} moves from port {wish.kept} to {chosen}: what names the old one must change"] if moved else []
    if chosen == wish.usual:
        return []
    if wish.kept is None:
        return [f"port {wish.usual} is in use: {what} takes {chosen}, and keeps it; {wish.variable} names another"]
    free = f"{wish.usual} is free now; " if is_free(wish.usual) else ""
    return [f"{what} stays on port {chosen}, as at an earlier start: {free}{wish.variable} names another"]


def port_is_free(address: str, port: int) -> bool:
    """Return whether a server could listen on the port; raise StackError when the address is not this machine's."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: a connection that lingers after its end does not keep the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen(1)
        except PermissionError as error:
            raise StackError(f"port {port} needs more rights than this user has: choose one above 1023") from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise StackError(f"cannot listen on VITALWIRE_BIND={address}: {error.strerror or error}") from error
    return True
