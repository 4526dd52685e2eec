"""Hosts that are gone, silent, overloaded or slow to say what they allow: given up soon, and asked again next time."""

import time
from dataclasses import replace

import pytest

from indexer.fetching.models import FetchPolicy
from tests.fetching.conftest import QUICK
from tests.support.webserver import serving

GIVEN_UP = ("failed", "host given up")


def test_images_of_a_host_that_was_given_up_are_fetched_by_the_next_run(download):
    with serving() as server:
        gone, port = server.url, server.port
    job = download([f"{gone}/png/{number}.png" for number in range(40)])
    assert job.run().count("failed") == 40
    assert job.errors() == [GIVEN_UP] * 40
    with serving(port=port) as server:
        assert job.run().count("success") == 40
        assert server.asked.total() == 41


def test_a_server_that_dies_in_the_middle_is_given_up_and_goes_on_later(server, download):
    server.robots = b""
    job = download([f"{server.url}/gate/20/{number}.png" for number in range(200)])
    done = job.run(limits=replace(QUICK, idle_timeout=0.1, host_failures=6))
    stored = done.count("success")
    assert stored == 20
    assert job.errors().count(GIVEN_UP) > 150
    server.gate_is_open = True
    before = server.asked.total()
    assert job.run(failed_too=True).count("success") == 200
    assert server.asked.total() - before == 181


@pytest.mark.parametrize("way", ["silent", "drip", "status/503"])
def test_a_host_whose_robots_txt_cannot_be_had_is_asked_nothing_else(server, download, way):
    server.robots_way = way
    job = download([f"{server.url}/png/{number}.png" for number in range(50)])
    start = time.monotonic()
    job.run()
    assert job.errors() == [GIVEN_UP] * 50
    assert set(server.asked) == {"/robots.txt"}
    assert server.asked["/robots.txt"] == QUICK.attempts
    assert time.monotonic() - start < 20
    assert "robots.txt" in job.log()[0]["detail"]


def test_a_robots_txt_without_end_is_read_as_far_as_it_must(server, download):
    server.robots = b"User-agent: *\nDisallow: /png/1\n" + b"# and so on\n" * 5_000_000
    job = download([f"{server.url}/png/{number}.png" for number in (1, 2)])
    job.run()
    assert job.errors() == [("failed", "robots.txt disallows"), ("success", "")]


def test_a_robots_txt_may_start_with_a_byte_order_mark(server, download):
    server.robots = b"\xef\xbb\xbfUser-agent: *\nDisallow: /png/1\n"
    job = download([f"{server.url}/png/1.png"])
    job.run()
    assert job.errors() == [("failed", "robots.txt disallows")]


@pytest.mark.parametrize("asked", ["3600", "Fri, 31 Dec 2999 23:59:59 GMT"])
def test_a_host_that_asks_to_be_left_alone_for_long_is(server, download, asked):
    job = download([f"{server.url}/busy/{asked}/{number}.png" for number in range(60)])
    job.run()
    assert job.errors() == [GIVEN_UP] * 60
    assert server.asked.total() <= 1 + QUICK.per_host  # robots.txt, and what was under way
    server.gate_is_open = True
    assert job.run().count("success") == 60


def test_a_host_that_was_overloaded_is_asked_as_often_as_before_in_time(server, download):
    addresses = [f"{server.url}/busy/0/{number}.png" for number in range(3)]
    job = download(addresses + [f"{server.url}/png/{number}.png" for number in range(300)])
    start = time.monotonic()
    job.run(limits=replace(QUICK, rate=200), policy=FetchPolicy(allow_private=True, ignore_robots=True))
    assert job.errors() == [("success", "")] * 303
    assert time.monotonic() - start < 15
