"""Routes for hosts; they work while the database is away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from services.api.errors import NotFoundError
from services.api.hosts.inventories import Inventories
from services.api.hosts.overview import host_detail, hosts_page
from services.api.hosts.schemas import HostDetail
from services.api.hosts.schemas import Hosts as HostsPage
from services.api.live.latest import Latest
from services.api.parameters import Cursor, Hosts, Limit, host_patterns
from services.api.routes import PREFIX
from services.api.scope import Scope


class HostsController(Controller):
    """Hosts: how each is doing and what it is."""

    path = f"{PREFIX}/hosts"
    tags = ("hosts",)

    @get("/", operation_id="listHosts")
    async def list_hosts(  # noqa: PLR0913 - a route's arguments are its parameters
        self,
        latest: NamedDependency[Latest],
        inventories: NamedDependency[Inventories],
        visible: NamedDependency[Scope],
        clock: NamedDependency[Callable[[], datetime]],
        host: Hosts = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> HostsPage:
        """Return hosts by name, each with its state and a summary."""
        return hosts_page(latest, inventories, visible.filter(host_patterns(host)), (limit, cursor), clock())

    @get("/{host:str}", operation_id="readHost")
    async def read_host(
        self,
        latest: NamedDependency[Latest],
        inventories: NamedDependency[Inventories],
        visible: NamedDependency[Scope],
        clock: NamedDependency[Callable[[], datetime]],
        host: FromPath[str],
    ) -> HostDetail:
        """Return one host with its inventory."""
        if not visible.sees(host):
            raise NotFoundError(f"There is no host {host[:80]!r}.", field="host")
        return host_detail(latest, inventories, host, clock())
