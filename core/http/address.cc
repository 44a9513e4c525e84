#include "core/http/address.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace core {
namespace {

struct V4Block {
  std::uint32_t prefix;
  int bits;
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a << 24U | b << 16U | c << 8U | d;
}

constexpr std::array kV4Special = {
    V4Block{v4(0, 0, 0, 0), 8},        // "this" network
    V4Block{v4(10, 0, 0, 0), 8},       // private
    V4Block{v4(100, 64, 0, 0), 10},    // carrier-grade NAT
    V4Block{v4(127, 0, 0, 0), 8},      // loopback
    V4Block{v4(169, 254, 0, 0), 16},   // link-local, cloud metadata
    V4Block{v4(172, 16, 0, 0), 12},    // private
    V4Block{v4(192, 0, 0, 0), 24},     // protocol assignments
    V4Block{v4(192, 0, 2, 0), 24},     // documentation
    V4Block{v4(192, 88, 99, 0), 24},   // 6to4 relay
    V4Block{v4(192, 168, 0, 0), 16},   // private
    V4Block{v4(198, 18, 0, 0), 15},    // benchmark
    V4Block{v4(198, 51, 100, 0), 24},  // documentation
    V4Block{v4(203, 0, 113, 0), 24},   // documentation
    V4Block{v4(224, 0, 0, 0), 3},      // multicast, reserved, broadcast
};

bool is_public_v4(std::uint32_t address) {
  for (const V4Block& block : kV4Special) {
    const std::uint32_t mask = ~std::uint32_t{0} << static_cast<unsigned>(32 - block.bits);
    if ((address & mask) == block.prefix) {
      return false;
    }
  }
  return true;
}

std::uint32_t v4_at(const std::array<std::uint8_t, 16>& address, std::size_t position) {
  return v4(address.at(position), address.at(position + 1), address.at(position + 2),
            address.at(position + 3));
}

bool is_public_v6(const std::array<std::uint8_t, 16>& address) {
  const auto begins = [&address](std::initializer_list<std::uint8_t> prefix) {
    std::size_t position = 0;
    for (const std::uint8_t byte : prefix) {
      if (address.at(position++) != byte) {
        return false;
      }
    }
    return true;
  };
  if (begins({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}) ||
      begins({0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0})) {
    return is_public_v4(v4_at(address, 12));  // mapped; NAT64
  }
  if (begins({0x20, 0x02})) {
    return is_public_v4(v4_at(address, 2));  // 6to4
  }
  // Only 2000::/3 is allocated; its documentation and protocol blocks are excluded.
  constexpr std::uint8_t kGlobalMask = 0xE0;
  if ((address[0] & kGlobalMask) != 0x20) {
    return false;
  }
  return !begins({0x20, 0x01, 0x0D, 0xB8}) && !begins({0x20, 0x01, 0x00}) && !begins({0x3F, 0xFF});
}

}  // namespace

bool is_public_address(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4_address{};
    std::memcpy(&v4_address, address, sizeof v4_address);
    return is_public_v4(ntohl(v4_address.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6_address{};
    std::memcpy(&v6_address, address, sizeof v6_address);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &v6_address.sin6_addr, bytes.size());
    return is_public_v6(bytes);
  }
  return false;
}

}  // namespace core
