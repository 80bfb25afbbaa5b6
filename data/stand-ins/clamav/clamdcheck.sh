#!/bin/sh
# Asks clamd PING over its TCP port.
exec python3 -c '
import socket
with socket.create_connection(("127.0.0.1", 3310), 4) as clamd:
    clamd.sendall(b"zPING\0")
    raise SystemExit(clamd.recv(64) != b"PONG\0")'
