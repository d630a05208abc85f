"""One reader a family; the only place that asks psutil and the kernel."""

from collections.abc import Callable

from services.collector.readers.agent import AgentReader
from services.collector.readers.connection import ConnectionReader
from services.collector.readers.cpu import CpuReader
from services.collector.readers.cpu_core import CpuCoreReader
from services.collector.readers.disk import DiskReader
from services.collector.readers.disk_io import DiskIoReader
from services.collector.readers.memory import MemoryReader
from services.collector.readers.network import NetworkReader
from services.collector.readers.process import ProcessReader
from services.collector.readers.reader import Context, Reader
from services.collector.readers.swap import SwapReader

READERS: dict[str, Callable[[Context], Reader]] = {
    "cpu": CpuReader,
    "cpu_core": CpuCoreReader,
    "memory": MemoryReader,
    "swap": SwapReader,
    "disk": DiskReader,
    "disk_io": DiskIoReader,
    "network": NetworkReader,
    "connection": ConnectionReader,
    "process": ProcessReader,
    "agent": AgentReader,
}
"""Name of the family → its reader."""

__all__ = ["READERS", "Context", "Reader"]
