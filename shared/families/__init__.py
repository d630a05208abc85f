"""Every metric family, one file each; FAMILIES is the explicit list."""

from shared.families.agent import AGENT
from shared.families.connection import CONNECTION
from shared.families.cpu import CPU
from shared.families.cpu_core import CPU_CORE
from shared.families.disk import DISK
from shared.families.disk_io import DISK_IO
from shared.families.memory import MEMORY
from shared.families.network import NETWORK
from shared.families.process import PROCESS
from shared.families.swap import SWAP
from shared.family import Family

FAMILIES: dict[str, Family] = {
    "cpu": CPU,
    "cpu_core": CPU_CORE,
    "memory": MEMORY,
    "swap": SWAP,
    "disk": DISK,
    "disk_io": DISK_IO,
    "network": NETWORK,
    "connection": CONNECTION,
    "process": PROCESS,
    "agent": AGENT,
}
"""Name → family, in the order in which pages show them."""

__all__ = ["FAMILIES"]
