// Which network addresses a video's link may lead to.
#pragma once

struct sockaddr;

namespace core {

/// Whether an address belongs to the public internet: not loopback, private, link-local, shared,
/// benchmark, documentation, multicast or reserved, also when wrapped into IPv6 (mapped, NAT64,
/// 6to4). Checked on the resolved address, so no spelling of a URL gets around it
/// (design.md c2; IANA special-purpose registries, RFC 6890).
[[nodiscard]] bool is_public_address(const sockaddr* address);

}  // namespace core
