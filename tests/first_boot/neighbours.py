"""Runs in a privileged container: nodes as network namespaces on one wire, each behind its rules; who reaches what?

Reads {"nodes": {name: {"address", "rules"}}, "ports": […]} from its input, and writes a list of [how, source, target, port,
open]. `how`: `direct` (a program on the node listens), `published` (a container does, and its port is rewritten to it as
Docker does), `container` (from a container, published), `routed` (straight to the container's address).
"""

import json
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

SECONDS = 0.8
INSIDE = "172.20.1.2"
LISTEN = """
import selectors, socket, sys
ready = selectors.DefaultSelector()
for port in map(int, sys.argv[1:]):
    server = socket.create_server(("0.0.0.0", port), backlog=64)
    ready.register(server, selectors.EVENT_READ)
print("listening", flush=True)
while True:
    for key, _ in ready.select():
        key.fileobj.accept()[0].close()
"""


def run(*command, stdin=None):
    subprocess.run(command, input=stdin, text=True, check=True)


def inside(name, *command, stdin=None):
    run("ip", "netns", "exec", name, *command, stdin=stdin)


def link(name, end, peer_of, peer):
    """A cable from a namespace to another, None for this one."""
    run(
        "ip",
        "link",
        "add",
        end,
        "netns",
        name,
        "type",
        "veth",
        "peer",
        "name",
        peer,
        *(["netns", peer_of] if peer_of else []),
    )
    inside(name, "ip", "link", "set", end, "up")


def make(number, name, address, rules):
    box = f"{name}-box"
    for each in (name, box):
        run("ip", "netns", "add", each)
        inside(each, "ip", "link", "set", "lo", "up")
    link(name, "private", None, f"wire-{number}")
    run("ip", "link", "set", f"wire-{number}", "master", "wire", "up")
    inside(name, "ip", "address", "add", f"{address}/16", "dev", "private")
    inside(name, "ip", "link", "add", "br-test", "type", "bridge")
    inside(name, "ip", "address", "add", "172.20.1.1/24", "dev", "br-test")
    inside(name, "ip", "link", "set", "br-test", "up")
    link(box, "eth0", name, "veth-box")
    inside(name, "ip", "link", "set", "veth-box", "master", "br-test", "up")
    inside(box, "ip", "address", "add", f"{INSIDE}/24", "dev", "eth0")
    inside(box, "ip", "route", "add", "default", "via", "172.20.1.1")
    inside(name, "sysctl", "-qw", "net.ipv4.ip_forward=1")
    if rules:
        inside(name, "nft", "-f", "-", stdin=rules)


def publish(name, address, ports):
    """What Docker does for a published port, and for what leaves a container."""
    numbers = ", ".join(map(str, ports))
    rules = f"""
      table ip docker {{
        chain before {{ type nat hook prerouting priority dstnat; ip daddr {address} tcp dport {{ {numbers} }} dnat to {INSIDE}; }}
        chain after {{ type nat hook postrouting priority srcnat; ip saddr 172.20.1.0/24 oifname "private" masquerade; }}
      }}"""
    inside(name, "nft", "-f", "-", stdin=rules)


def listen(name, ports):
    server = subprocess.Popen(
        ["ip", "netns", "exec", name, sys.executable, "-c", LISTEN, *map(str, ports)], stdout=subprocess.PIPE
    )
    server.stdout.readline()
    return server


def ask(source, targets):
    """Which of (address, port) answer, asked from a namespace by this program started there."""
    done = subprocess.run(
        ["ip", "netns", "exec", source, sys.executable, __file__, "ask"],
        input=json.dumps(targets),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def answers(target):
    try:
        socket.create_connection(tuple(target), SECONDS).close()
    except OSError:
        return False
    return True


def answering():
    with ThreadPoolExecutor(64) as pool:
        json.dump(list(pool.map(answers, json.load(sys.stdin))), sys.stdout)


def matrix(how, nodes, ports, sources, address_of):
    pairs = [(target, port) for target in nodes for port in ports]
    for source, namespace in sources.items():
        wanted = [(target, port) for target, port in pairs if target != source]
        open_ = ask(namespace, [[address_of(target), port] for target, port in wanted])
        yield from ([how, source, target, port, found] for (target, port), found in zip(wanted, open_, strict=True))


def main():
    plan = json.load(sys.stdin)
    nodes, ports = plan["nodes"], plan["ports"]
    run("ip", "link", "add", "wire", "type", "bridge")
    run("ip", "link", "set", "wire", "up")
    for number, (name, each) in enumerate(nodes.items()):
        make(number, name, each["address"], each["rules"])
    found = []
    own = {name: name for name in nodes}
    boxes = {name: f"{name}-box" for name in nodes}

    def address(name):
        return nodes[name]["address"]

    servers = [listen(name, ports) for name in nodes]
    found += matrix("direct", nodes, ports, own, address)
    for server in servers:
        server.terminate()
    servers = [listen(box, ports) for box in boxes.values()]
    for name in nodes:
        publish(name, address(name), ports)
    found += matrix("published", nodes, ports, own, address)
    found += matrix("container", nodes, ports, boxes, address)
    for target in nodes:
        for source in nodes:
            if source != target:
                # a neighbour that has taken its own network of this name away, and sends it here
                inside(source, "ip", "route", "replace", f"{INSIDE}/32", "via", address(target))
                found += matrix("routed", [target], ports, {source: source}, lambda _: INSIDE)
                inside(source, "ip", "route", "delete", f"{INSIDE}/32")
    for server in servers:
        server.terminate()
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    answering() if sys.argv[1:] == ["ask"] else main()
