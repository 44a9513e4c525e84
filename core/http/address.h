// The network addresses to which a video's link may lead.
#pragma once

struct sockaddr;

namespace core {

/// Whether an address belongs to the public internet: not loopback, private, link-local, shared,
/// benchmark, documentation, multicast or reserved, also if embedded in an IPv6 address (mapped,
/// NAT64, 6to4). The resolved address is checked, so no spelling of a URL can avoid the check
/// (design.md c2; IANA special-purpose registries, RFC 6890).
[[nodiscard]] bool is_public_address(const sockaddr* address);

}  // namespace core
