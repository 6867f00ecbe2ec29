#!/usr/bin/env python3
"""Makes the golden files beside it: what a real ovs-ofctl sends for a text, and what it prints for
those bytes.

    OVS_OFCTL="ovs-ofctl" ./record.py flows < flows.in > flows.txt

For each line it starts `ovs-ofctl -O OpenFlow13 add-flow` (add-group, add-meter) against a socket of
its own, keeps the modification that arrives, wraps it into the reply of a dump, and has `ovs-ofctl
ofp-print` show that. OVS_OFCTL may be a command with arguments: `docker exec NODE ovs-ofctl`.
"""

import os
import shlex
import socket
import struct
import subprocess
import sys

OFCTL = shlex.split(os.environ.get("OVS_OFCTL", "ovs-ofctl"))
KINDS = {"flows": ("add-flow", 14), "groups": ("add-group", 15), "meters": ("add-meter", 29)}


def message(kind, xid, body=b""):
    return struct.pack("!BBHI", 4, kind, 8 + len(body), xid) + body


def exactly(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def record(listener, command, wanted, text):
    """The body of the modification that ovs-ofctl sends for `text`."""
    port = listener.getsockname()[1]
    arguments = ["-O", "OpenFlow13", "--no-names", command, f"tcp:127.0.0.1:{port}", text]
    process = subprocess.Popen(OFCTL + arguments, stderr=subprocess.PIPE, text=True)
    listener.settimeout(5)
    found = None
    try:
        connection, _ = listener.accept()
        connection.sendall(message(0, 1))
        while True:
            _, kind, length, xid = struct.unpack("!BBHI", exactly(connection, 8))
            body = exactly(connection, length - 8)
            if kind == wanted:
                found = body
            elif kind == 20:
                connection.sendall(message(21, xid))
            elif kind == 2:
                connection.sendall(message(3, xid, body))
            elif kind == 5:
                connection.sendall(message(6, xid, struct.pack("!QIBBHII", 1, 0, 254, 0, 0, 0x4F, 0)))
            elif kind == 18:
                connection.sendall(message(19, xid, body[:2] + b"\0" * 6))
    except (EOFError, ConnectionError, socket.timeout):
        pass
    error = process.communicate()[1].strip()
    if found is None:
        sys.exit(f"{text}: {error or 'nothing came'}")
    return found


def flow_stats(body):
    """The body of a flow mod as one of a dump of flows."""
    cookie, _, table, _, idle, hard, priority, _, _, _, flags = struct.unpack_from("!QQBBHHHIIIH", body)
    rest = body[40:]
    head = struct.pack("!HBxIIHHHH4xQQQ", 48 + len(rest), table, 0, 0, priority, idle, hard, flags, cookie, 0, 0)
    return 1, head + rest


def group_desc(body):
    rest = body[2:]
    return 7, struct.pack("!H", 2 + len(rest)) + rest


def meter_config(body):
    rest = body[2:]
    return 10, struct.pack("!H", 2 + len(rest)) + rest


def printed(kind, body):
    reply = message(19, 1, struct.pack("!HH4x", kind, 0) + body)
    done = subprocess.run(OFCTL + ["ofp-print", reply.hex()], capture_output=True, text=True, check=True)
    lines = done.stdout.strip("\n").split("\n")[1:]
    return "\\n".join(line.strip() for line in lines if line.strip())


def main():
    what = sys.argv[1]
    command, wanted = KINDS[what]
    version = subprocess.run(OFCTL + ["--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    wrap = {"flows": flow_stats, "groups": group_desc, "meters": meter_config}[what]
    print(f"# {version}: what it sends for `-O OpenFlow13 {command}` of each text (the body of the message),")
    print("# and what `ofp-print` shows for those bytes in a dump. Made by record.py from the texts below.")
    listener = socket.create_server(("127.0.0.1", 0))
    for line in sys.stdin:
        text = line.strip()
        if not text or text.startswith("#"):
            print(text)
            continue
        body = record(listener, command, wanted, text)
        print(f"text {text}\nhex  {body.hex()}\nshow {printed(*wrap(body))}", flush=True)


main()
