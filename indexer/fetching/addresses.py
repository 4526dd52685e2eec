"""Check the address of each connection at the moment of connecting.

A check of host names beforehand could be bypassed by redirects, or by a name that resolves differently the second time
(DNS rebinding). The socket that is opened here is the one that is used.
"""

import errno
import ipaddress
import socket
from typing import Any

REFUSED = "private address refused"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefused(OSError):
    """The address of a connection is not public."""

    def __init__(self, address: str) -> None:
        super().__init__(errno.EACCES, f"{REFUSED}: {address}")


def is_public(text: str) -> bool:
    """Return whether an address is routed on the public internet, and so is each IPv4 address embedded in it."""
    address = ipaddress.ip_address(text.split("%", 1)[0])
    return all(each.is_global and not each.is_multicast for each in (address, *_embedded(address)))


def _embedded(address: _Address) -> list[_Address]:
    """Return IPv4 addresses inside an IPv6 address: mapped, 6to4, Teredo (server and client), NAT64 (RFC 6052)."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    embedded: list[_Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        embedded.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in embedded if each is not None]


def public_socket(info: tuple[Any, ...]) -> socket.socket:
    """Return a socket for a result of ``getaddrinfo``.

    Raises:
        AddressRefused: the address is not public.
    """
    family, kind, protocol, _, address = info
    if not is_public(address[0]):
        raise AddressRefused(address[0])
    return any_socket((family, kind, protocol, "", address))


def any_socket(info: tuple[Any, ...]) -> socket.socket:
    """Return a socket for a result of ``getaddrinfo``, whether its address is public or not."""
    family, kind, protocol, _, _ = info
    opened = socket.socket(family=family, type=kind, proto=protocol)
    opened.setblocking(False)
    return opened
