"""Which addresses may be connected to: decided on the resolved address, at the moment of connecting.

A check of names beforehand would be undone by a name that resolves differently the second time (DNS rebinding) and by
redirects; the socket that is opened here is the one that is used.
"""

import errno
import ipaddress
import socket
from typing import Any

REFUSED = "private address refused"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefused(OSError):
    """A connection to an address that is not public was asked for."""

    def __init__(self, address: str) -> None:
        super().__init__(errno.EACCES, f"{REFUSED}: {address}")


def is_public(text: str) -> bool:
    """Whether an address is routed on the public internet, also inside IPv6 forms that carry an IPv4 address."""
    address = ipaddress.ip_address(text.split("%", 1)[0])
    return all(each.is_global and not each.is_multicast for each in (address, *_carried(address)))


def _carried(address: _Address) -> list[_Address]:
    """IPv4 addresses that an IPv6 address stands for: mapped, 6to4, Teredo (server and client), NAT64 (RFC 6052)."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    carried: list[_Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        carried.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in carried if each is not None]


def public_socket(info: tuple[Any, ...]) -> socket.socket:
    """A socket for a ``getaddrinfo`` answer.

    Raises:
        AddressRefused: the address is not public.
    """
    family, kind, protocol, _, address = info
    if not is_public(address[0]):
        raise AddressRefused(address[0])
    return any_socket((family, kind, protocol, "", address))


def any_socket(info: tuple[Any, ...]) -> socket.socket:
    """A socket for a ``getaddrinfo`` answer, wherever it leads."""
    family, kind, protocol, _, _ = info
    opened = socket.socket(family=family, type=kind, proto=protocol)
    opened.setblocking(False)
    return opened
