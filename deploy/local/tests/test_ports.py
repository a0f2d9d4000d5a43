"""Ports for what runs on one machine."""

import socket

import pytest

from atrium_local.ports import free_port, is_free


def test_no_port_of_a_service_is_one_that_an_outgoing_connection_may_take_while_it_is_down() -> None:
    outgoing = set()
    for _ in range(20):
        with socket.socket() as listener, socket.socket() as client:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            client.connect(listener.getsockname())
            outgoing.add(client.getsockname()[1])
    assert max(free_port() for _ in range(200)) < min(outgoing)


def test_a_free_port_is_held_by_nobody_and_is_none_that_is_taken() -> None:
    with socket.socket() as holder:
        port = free_port()
        holder.bind(("127.0.0.1", port))
        holder.listen()
        assert not is_free("127.0.0.1", port)
    ports: set[int] = set()
    for _ in range(50):
        ports.add(free_port(frozenset(ports)))
    assert len(ports) == 50


@pytest.mark.parametrize("host", ["203.0.113.1", "nowhere.invalid"])
def test_an_address_that_is_none_of_this_machines_is_not_told_as_a_port_that_is_taken(host: str) -> None:
    with pytest.raises(OSError, match="--host must be an address of this machine"):
        is_free(host, free_port())
