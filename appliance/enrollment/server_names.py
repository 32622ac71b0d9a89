"""The names a box may be reached by, and the limits its authority puts on them.

A phone that trusts a box's authority must not thereby let the box vouch for a bank. So the
authority carries critical name constraints (RFC 5280, section 4.2.1.10): it can certify local names
and addresses, and what the technician added, and nothing else. OpenSSL (and so this box), Chromium,
Firefox, Apple's and Go's verifiers and rustls hold a root to them. Java's verifier, so many Android
apps, ignores constraints that stand in a root itself; there the pin on the authority is what
counts.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Final

import msgspec
from cryptography import x509

from appliance.enrollment.errors import NameRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOCAL_DOMAINS: Final = ("local", "lan", "localhost")
LOCAL_NETWORKS: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "::1/128",
        "fe80::/10",
        "fc00::/7",
    )
)

_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)\Z")


def parse_name(text: str) -> str | Address:
    """A DNS name in lower case without a final dot, or an IP address.

    Raises:
        NameRefused: neither; wildcards, zone ids, underscores and letters beyond ASCII included.
    """
    trimmed = text.strip()
    if trimmed.startswith("[") and trimmed.endswith("]"):
        trimmed = trimmed[1:-1]
    if "%" not in trimmed:
        try:
            return ipaddress.ip_address(trimmed)
        except ValueError:
            pass
    name = trimmed.lower().removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.match(label) for label in labels):
        raise NameRefused(
            f"{text[:80]!r} is neither an IP address nor a DNS name; "
            "allowed are letters a-z, digits, hyphens and dots (other alphabets as xn--...)"
        )
    if labels[-1].isdigit():
        raise NameRefused(f"{text[:80]!r} looks like an IP address but is not one")
    return name


def parse_network(text: str) -> Network:
    """An IP network such as ``203.0.113.0/24``, or one address as a network of itself.

    Raises:
        NameRefused: malformed, or with bits set to the right of the prefix.
    """
    try:
        return ipaddress.ip_network(text.strip())
    except ValueError as error:
        raise NameRefused(f"{text[:80]!r} is not an IP network: {error}") from error


class NameLimits(msgspec.Struct, frozen=True):
    """What an authority may certify.

    Attributes:
        domains: DNS names, each with everything below it; None for no limit on names.
        networks: IP networks; None for no limit on addresses.
    """

    domains: tuple[str, ...] | None
    networks: tuple[Network, ...] | None

    @classmethod
    def for_appliance(cls, hostname: str, extra: Iterable[str] = ()) -> NameLimits:
        """Local names and networks, the host's own name, and what the config adds.

        Args:
            hostname: the machine's name, with or without a domain.
            extra: DNS names, addresses or networks.

        Raises:
            NameRefused: one of them is malformed.
        """
        domains = dict.fromkeys(LOCAL_DOMAINS)
        networks = dict.fromkeys(LOCAL_NETWORKS)
        for text in (hostname, *extra):
            if "/" in text:
                networks[parse_network(text)] = None
                continue
            name = parse_name(text)
            if isinstance(name, str):
                domains[name] = None
            else:
                networks[ipaddress.ip_network(name)] = None
        return cls(tuple(domains), tuple(networks))

    @classmethod
    def of(cls, certificate: x509.Certificate) -> NameLimits:
        """The limits an authority's certificate states; none where it has no such extension."""
        try:
            stated = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
        except x509.ExtensionNotFound:
            return cls(None, None)
        permitted = stated.permitted_subtrees or []
        domains = tuple(n.value for n in permitted if isinstance(n, x509.DNSName))
        networks = tuple(
            n.value
            for n in permitted
            if isinstance(n, x509.IPAddress)
            and isinstance(n.value, ipaddress.IPv4Network | ipaddress.IPv6Network)
        )
        # A kind of name that is not listed is not limited (RFC 5280, section 4.2.1.10).
        return cls(domains or None, networks or None)

    def extension(self) -> x509.NameConstraints:
        """The certificate extension that states these limits."""
        subtrees: list[x509.GeneralName] = [x509.DNSName(name) for name in self.domains or ()]
        subtrees += [x509.IPAddress(network) for network in self.networks or ()]
        return x509.NameConstraints(permitted_subtrees=subtrees, excluded_subtrees=None)

    def permits(self, name: str | Address) -> bool:
        """Whether a parsed name or address may stand in a server certificate."""
        if isinstance(name, str):
            if self.domains is None:
                return True
            return any(name == domain or name.endswith("." + domain) for domain in self.domains)
        if self.networks is None:
            return True
        return any(name in network for network in self.networks)

    def parse(self, texts: Iterable[str]) -> tuple[str | Address, ...]:
        """Names for a server certificate: parsed, each once, in the order given.

        Raises:
            NameRefused: malformed, none at all, more than 100, or one outside these limits.
        """
        names = tuple(dict.fromkeys(parse_name(text) for text in texts))
        if not names:
            raise NameRefused("a server certificate needs at least one name or address")
        if len(names) > 100:
            raise NameRefused(f"{len(names)} names for one server certificate; at most 100")
        outside = [str(name) for name in names if not self.permits(name)]
        if outside:
            raise NameRefused(
                f"the box's authority may not certify {', '.join(outside)}; its limits were set "
                "when it was made: take the name out of the config, or make a new authority with "
                "it (every device then enrolls again)"
            )
        return names
