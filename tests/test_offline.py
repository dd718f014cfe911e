"""Tests and what they start cannot reach another machine, and can reach this one."""

import socket
import subprocess
import sys

import network_guard
import pytest

ELSEWHERE = ("192.0.2.1", 80)  # an address reserved for documentation
ATTEMPT = f"import socket; socket.create_connection({ELSEWHERE}, timeout=2)"


def test_another_machine_cannot_be_reached():
    with pytest.raises(network_guard.NetworkUsed, match="192.0.2.1 port 80"):
        socket.create_connection(ELSEWHERE, timeout=2)


def test_what_tests_start_cannot_reach_it_either():
    done = subprocess.run([sys.executable, "-c", ATTEMPT], capture_output=True, text=True)
    assert done.returncode and "NetworkUsed" in done.stderr


def test_a_kernel_cannot_reach_it_either():
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3", stderr=subprocess.DEVNULL)
    try:
        content = client.execute(ATTEMPT, reply=True, timeout=60)["content"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert content["status"] == "error" and content["ename"] == "NetworkUsed"


def test_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=2).close()
