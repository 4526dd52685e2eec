"""The host names that the server of ``browse`` accepts."""

import pytest

from indexer.base.errors import ConfigError
from indexer.browsing.guard import host_name


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Hub.example.org", "hub.example.org"),
        ("hub.example.org:8000", "hub.example.org"),
        ("10.0.0.7:80", "10.0.0.7"),
        ("::1", "[::1]"),
        ("[::1]", "[::1]"),
        ("[FE80::0A]:8000", "[fe80::a]"),
        ("FE80::A", "[fe80::a]"),
    ],
)
def test_hosts_are_named_as_in_requests(text: str, named: str) -> None:
    assert host_name(text) == named


@pytest.mark.parametrize("text", ["https://hub.example.org", "hub/user", "hub:port", "[::1", "::x", "a b", ""])
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="no host name"):
        host_name(text)
