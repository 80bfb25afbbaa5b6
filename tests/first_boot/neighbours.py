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


def matrix(how, ports, askers):
    """Ask from all at once. `askers`: source, namespace, and the targets with their addresses."""

    def answered(asker):
        source, namespace, targets = asker
        wanted = [(target, address, port) for target, address in targets for port in ports]
        found = ask(namespace, [[address, port] for _, address, port in wanted])
        return [[how, source, target, port, ok] for (target, _, port), ok in zip(wanted, found, strict=True)]

    with ThreadPoolExecutor(len(askers)) as pool:
        return [line for lines in pool.map(answered, askers) for line in lines]


def main():
    plan = json.load(sys.stdin)
    nodes, ports = plan["nodes"], plan["ports"]
    run("ip", "link", "add", "wire", "type", "bridge")
    run("ip", "link", "set", "wire", "up")
    for number, (name, each) in enumerate(nodes.items()):
        make(number, name, each["address"], each["rules"])
    addresses = {name: each["address"] for name, each in nodes.items()}
    others = {name: [item for item in addresses.items() if item[0] != name] for name in nodes}
    from_nodes = [(name, name, others[name]) for name in nodes]
    from_boxes = [(name, f"{name}-box", others[name]) for name in nodes]

    servers = [listen(name, ports) for name in nodes]
    found = matrix("direct", ports, from_nodes)
    for server in servers:
        server.terminate()
    servers = [listen(f"{name}-box", ports) for name in nodes]
    for name in nodes:
        publish(name, addresses[name], ports)
    found += matrix("published", ports, from_nodes)
    found += matrix("container", ports, from_boxes)
    for target in nodes:
        sources = [name for name in nodes if name != target]
        for name in sources:
            # a neighbour that sends to that network here, and not into its own
            inside(name, "ip", "route", "replace", f"{INSIDE}/32", "via", addresses[target])
        found += matrix("routed", ports, [(name, name, [(target, INSIDE)]) for name in sources])
        for name in sources:
            inside(name, "ip", "route", "delete", f"{INSIDE}/32")
    for server in servers:
        server.terminate()
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    answering() if sys.argv[1:] == ["ask"] else main()
