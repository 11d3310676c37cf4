"""A server's connections send at once: an answer in two pieces does not wait for a delayed acknowledgement."""

from __future__ import annotations

import socket

from runtime.serving.server import listen


def test_connections_send_at_once() -> None:
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()[:2]):
        connection, _ = listening.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
