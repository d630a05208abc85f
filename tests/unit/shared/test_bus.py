"""What is shown of the bus: never a user or password that somebody wrote into an address."""

from __future__ import annotations

from shared.runtime.bus import BusAddress
from shared.settings import Secret


def test_an_address_is_shown_without_what_identifies() -> None:
    urls = ("nats://host-a:hu@sh@127.0.0.1:4222", "tls://bus.example.com:4222")
    address = BusAddress(urls, "host-a", Secret("hush"), "test")
    assert address.shown == "127.0.0.1:4222, tls://bus.example.com:4222"
    assert "hush" not in repr(address)
