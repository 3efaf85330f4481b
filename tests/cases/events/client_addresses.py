"""X-Forwarded-For as proxies write it: header, trusted proxies, and whom the request counts for."""

from __future__ import annotations

from sync.web.client_address import INNER, MISSING, NO_ADDRESS, TOO_SHORT
from tests.cases import Case

PROXY = "10.0.0.1"
TEST = "web/test_forwarded_addresses.py::test_the_client_is_who_the_trusted_proxies_say"


def case(name: str, header: str, right: str, told: str = "", proxies: int = 1) -> Case:
    return Case("client addresses", name, (header, proxies), (right, told), TEST)


CASES = [
    case("an address", "203.0.113.7", "203.0.113.7"),
    case("with a port", "203.0.113.7:51234", "203.0.113.7"),
    case("with an empty port", "203.0.113.7:", "203.0.113.7"),
    case("IPv6", "2001:db8::1", "2001:db8::1"),
    case("IPv6 in brackets", "[2001:db8::1]", "2001:db8::1"),
    case("IPv6 with a port", "[2001:db8::1]:443", "2001:db8::1"),
    case("IPv6 quoted", '"[2001:db8::1]:443"', "2001:db8::1"),
    case("IPv6 with a zone", "fe80::1%eth0", "fe80::1"),
    case("IPv4 in IPv6", "::ffff:203.0.113.7", "203.0.113.7"),
    case("IPv4 in IPv6 with a port", "[::ffff:203.0.113.7]:8080", "203.0.113.7"),
    case("blanks", "  6.6.6.6 ,\t203.0.113.7 ", "203.0.113.7"),
    case("an empty entry at the end", "203.0.113.7, ", "203.0.113.7"),
    case("the client's own words before it", "6.6.6.6, 203.0.113.7:80", "203.0.113.7"),
    case("two proxies", "6.6.6.6, 203.0.113.7, 10.0.0.2", "203.0.113.7", proxies=2),
    case("three proxies", "203.0.113.7:1, 10.0.0.3, 10.0.0.2:2", "203.0.113.7", proxies=3),
    case("a proxy more than trusted", "203.0.113.7, 10.0.0.2", "10.0.0.2", INNER),
    case("fewer entries than proxies", "203.0.113.7", "203.0.113.7", TOO_SHORT, proxies=2),
    case("an inner client, alone", "10.1.2.3", "10.1.2.3"),
    case("unknown", "unknown", PROXY, NO_ADDRESS),
    case("unknown at the trusted place", "203.0.113.7, unknown", PROXY, NO_ADDRESS),
    case("unknown before it", "unknown, 203.0.113.7", "203.0.113.7"),
    case("an obfuscated name", "_hidden", PROXY, NO_ADDRESS),
    case("a socket", "unix:", PROXY, NO_ADDRESS),
    case("an address that is none", "999.1.1.1:80", PROXY, NO_ADDRESS),
    case("no header", "", PROXY, MISSING),
    case("commas only", ", ,", PROXY, MISSING),
]
