"""Public addresses, detection of types, Retry-After, backoff, spelling of URLs and X-Robots-Tag."""

from datetime import UTC, datetime

import pytest

from indexer.base.errors import BadData
from indexer.fetching.addresses import is_public
from indexer.fetching.client import backoff, parse_url, retry_after
from indexer.fetching.models import FetchLimits
from indexer.fetching.robots import refuse_tagged
from indexer.fetching.sniffing import image_type
from tests.support.webserver import image


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_public_address(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "2002:7f00:0001::", "64:ff9b::7f00:1", "2001:0:7f00:1::",
    ],
)  # fmt: skip
def test_private_address(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    ("form", "suffix"),
    [
        ("PNG", "png"),
        ("JPEG", "jpg"),
        ("TIFF", "tif"),
        ("GIF", "gif"),
        ("BMP", "bmp"),
        ("WEBP", "webp"),
        ("AVIF", "avif"),
    ],
)
def test_image_type_is_detected_from_bytes(form, suffix):
    assert image_type(image(1, form)[:64]) == suffix


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"", "empty body"),
        (b"\xef\xbb\xbf\n <!DOCTYPE HTML>", "HTML page instead of an image"),
        (b"<HTML><head>", "HTML page instead of an image"),
        (b"<?xml version='1.0'?><svg", "XML or SVG instead of an image"),
        (b'{"error": 1}', "JSON instead of an image"),
        (b"\x1f\x8b\x08", "not an image"),
    ],
)
def test_type_of_other_content_is_named(head, reason):
    with pytest.raises(BadData, match=reason):
        image_type(head)


def test_retry_after_is_seconds_or_a_date():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert retry_after("7", now) == 7
    assert retry_after("Thu, 01 Jan 2026 00:01:00 GMT", now) == 60
    assert retry_after("Wed, 31 Dec 2025 00:00:00 GMT", now) == 0
    assert retry_after("soon", now) is None


def test_backoff_doubles_within_its_limit_and_is_deterministic():
    limits = FetchLimits(backoff=1.0, longest_pause=10.0)
    pauses = [backoff("http://h/a", attempt, limits) for attempt in range(1, 9)]
    assert pauses == [backoff("http://h/a", attempt, limits) for attempt in range(1, 9)]
    assert all(0.5 * min(2**n, 10) <= pause <= 1.5 * min(2**n, 10) for n, pause in enumerate(pauses))
    assert backoff("http://h/b", 1, limits) != pauses[0]


def test_urls_keep_their_spelling():
    for address in ("http://h/a%2Fb%20c?x=%C3%A9&y=a+b", "https://h:8443/~u/(a)'b';c", "http://h/a//b"):
        assert str(parse_url(address)) == address
    assert str(parse_url("http://h/a b é#part")) == "http://h/a%20b%20%C3%A9"


def test_robots_tag_applies_to_all_agents_or_to_the_named_one():
    refuse_tagged(["noarchive", "otherbot: noai", "unavailable_after: 25 Jun 2030"], "image-manifest")
    for tag in ("noai", "max-snippet, NOINDEX", "image-manifest: noimageai"):
        with pytest.raises(BadData, match="opts out"):
            refuse_tagged([tag], "image-manifest")
