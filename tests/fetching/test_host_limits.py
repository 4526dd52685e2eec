"""Hosts that are unreachable, silent or overloaded are given up early, and requested again by the next run."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from indexer.fetching import engine
from indexer.fetching.hosts import Host
from indexer.fetching.models import FetchPolicy
from tests.fetching.conftest import IMPATIENT, PATIENT
from tests.support.http_server import closed_port
from tests.support.processes import wait_until
from tests.support.webserver import serving

GIVEN_UP = ("failed", "host given up")


def test_next_run_fetches_items_of_a_host_that_was_given_up(download):
    with closed_port() as port:
        job = download([f"http://127.0.0.1:{port}/png/{number}.png" for number in range(40)])
        assert job.run().count("failed") == 40
        assert job.errors() == [GIVEN_UP] * 40
        with serving(port=port) as server:
            assert job.run().count("success") == 40
            assert server.requests.total() == 41


def test_server_that_stops_responding_is_given_up_and_resumed_later(server, download):
    server.robots = b""
    job = download([f"{server.url}/gate/20/{number}.png" for number in range(200)])
    done = job.run(limits=replace(PATIENT, idle_timeout=1.5, attempts=1, host_failures=4))
    stored = done.count("success")  # fewer than 20 if the server is slow, too
    assert 0 < stored <= 20
    assert job.errors().count(GIVEN_UP) > 150
    server.gate_is_open = True
    before = server.requests.total()
    assert job.run(failed_too=True).count("success") == 200
    assert server.requests.total() - before == 200 - stored + 1


def test_slow_host_does_not_delay_others(server, download, monkeypatch):
    monkeypatch.setattr(engine, "_QUEUED_ITEMS", 60)
    monkeypatch.setattr(engine, "_WAITING_PER_HOST", 20)
    server.robots = b""
    with serving("127.0.0.2") as other:
        slow = [f"{server.url}/held/{number}.png" for number in range(120)]
        job = download([*slow, *(f"{other.url}/png/{number}.png" for number in range(5)), *slow[:3]])
        with ThreadPoolExecutor(1) as running:
            done = running.submit(job.run)
            try:
                assert wait_until(lambda: other.requests.total() == 5 + 1)  # while the slow host answers nothing
            finally:
                server.released.set()
            assert done.result().count("success") == 128
    assert server.requests.total() == 123 + 1  # and robots.txt


@pytest.mark.parametrize("way", ["silent", "drip", "status/503"])
def test_host_with_unreachable_robots_txt_gets_no_other_request(server, download, way):
    server.robots_way = way
    job = download([f"{server.url}/png/{number}.png" for number in range(50)])
    job.run(limits=IMPATIENT)
    assert job.errors() == [GIVEN_UP] * 50
    assert set(server.requests) == {"/robots.txt"}
    assert server.requests["/robots.txt"] == IMPATIENT.attempts
    assert "robots.txt" in job.log()[0]["detail"]


def test_endless_robots_txt_is_read_up_to_its_limit(server, download):
    server.robots = b"User-agent: *\nDisallow: /png/1\n" + b"# and so on\n" * 5_000_000
    job = download([f"{server.url}/png/{number}.png" for number in (1, 2)])
    job.run()
    assert job.errors() == [("failed", "robots.txt disallows"), ("success", "")]


def test_robots_txt_may_start_with_a_byte_order_mark(server, download):
    server.robots = b"\xef\xbb\xbfUser-agent: *\nDisallow: /png/1\n"
    job = download([f"{server.url}/png/1.png"])
    job.run()
    assert job.errors() == [("failed", "robots.txt disallows")]


@pytest.mark.parametrize("pause", ["3600", "Fri, 31 Dec 2999 23:59:59 GMT"])
def test_host_with_long_retry_after_is_given_up(server, download, pause):
    job = download([f"{server.url}/busy/{pause}/{number}.png" for number in range(60)])
    job.run()
    assert job.errors() == [GIVEN_UP] * 60
    assert server.requests.total() <= 1 + PATIENT.per_host  # robots.txt, and the requests in flight
    server.gate_is_open = True
    assert job.run().count("success") == 60


def test_request_rate_recovers_after_an_overload(server, download, monkeypatch):
    intervals = []

    def answered(host, answered=Host.answered):
        answered(host)
        intervals.append(host._interval)

    monkeypatch.setattr(Host, "answered", answered)
    addresses = [f"{server.url}/busy/1/0.png", *(f"{server.url}/png/{number}.png" for number in range(1, 60))]
    job = download(addresses)
    job.run(limits=replace(PATIENT, rate=40), policy=FetchPolicy(allow_private=True, ignore_robots=True))
    assert job.errors() == [("success", "")] * 60
    assert max(intervals) > 1.5 / 40
    assert intervals[-1] == 1 / 40
