"""Rules for packets in a container's network: the engine's are no surprise, any other is."""

import pytest

from plumbline.stack.probe.filters import odd_legacy, odd_rules

ENGINES = """table ip nat {
	chain DOCKER_OUTPUT {
		ip daddr 127.0.0.11 tcp dport 53 counter packets 0 bytes 0 dnat to 127.0.0.11:45547
		ip daddr 127.0.0.11 udp dport 53 counter packets 26 bytes 1454 dnat to 127.0.0.11:44828
	}

	chain OUTPUT {
		type nat hook output priority -100; policy accept;
		ip daddr 127.0.0.11 counter packets 26 bytes 1454 jump DOCKER_OUTPUT
	}

	chain DOCKER_POSTROUTING {
		ip saddr 127.0.0.11 tcp sport 45547 counter packets 0 bytes 0 snat to :53
		ip saddr 127.0.0.11 udp sport 44828 counter packets 0 bytes 0 snat to :53
	}

	chain POSTROUTING {
		type nat hook postrouting priority srcnat; policy accept;
		ip daddr 127.0.0.11 counter packets 26 bytes 1454 jump DOCKER_POSTROUTING
	}
}
"""
"""Of a container of Docker 26.1 on Debian 12, as nft 1.0.6 shows it."""
LEGACY = """*nat
:OUTPUT ACCEPT [0:0]
:DOCKER_OUTPUT - [0:0]
-A OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT
-A DOCKER_OUTPUT -d 127.0.0.11/32 -p udp -m udp --dport 53 -j DNAT --to-destination 127.0.0.11:44828
COMMIT
"""


def test_the_engines_own_are_no_surprise() -> None:
    assert odd_rules(ENGINES.splitlines()) == []
    assert odd_legacy(LEGACY.splitlines()) == []


@pytest.mark.parametrize(
    ("before", "more", "shown"),
    [
        ("	chain POSTROUTING {", "	chain evil {\n		tcp dport 53 drop\n	}\n", "tcp dport 53 drop"),
        (
            "		ip daddr 127.0.0.11 counter packets 26 bytes 1454 jump DOCKER_OUTPUT",
            "		counter packets 1 bytes 2 drop\n",
            "drop",
        ),
        (
            "	chain POSTROUTING {",
            "	chain in {\n		type filter hook input priority filter; policy drop;\n	}\n",
            "policy drop",
        ),
        ("		ip saddr 127.0.0.11 tcp sport", "		ip saddr 10.0.0.9 tcp sport 1 snat to :53\n", "10.0.0.9"),
        (
            "	chain POSTROUTING {",
            "	chain x {\n		ip saddr 127.0.0.11 tcp sport 1 snat to :53\n	}\n",
            "127.0.0.11",
        ),
    ],
    ids=["a chain", "in an own chain", "a policy", "in an engine's chain", "about the resolver elsewhere"],
)
def test_any_other_is_shown_without_its_counters(before: str, more: str, shown: str) -> None:
    changed = ENGINES.replace(before, more + before, 1)
    assert changed != ENGINES
    (odd,) = odd_rules(changed.splitlines())
    assert shown in odd and "bytes" not in odd


@pytest.mark.parametrize(
    "line", ["-A INPUT -p tcp --dport 6334 -j DROP", ":INPUT DROP [0:0]", "-A DOCKER_OUTPUT -j DROP"]
)
def test_any_other_of_the_older_tables_is_shown(line: str) -> None:
    assert odd_legacy(f"{LEGACY}{line}\n".splitlines()) == [line]
