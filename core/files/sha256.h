// SHA-256 (FIPS 180-4), and HMAC with it, by OpenSSL.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace core {

using Sha256Digest = std::array<unsigned char, 32>;

/// A running hash. One thread at a time; reusable after `finish`.
class Sha256 {
 public:
  /// Throws core::Error if OpenSSL offers no SHA-256.
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view bytes);
  /// The digest of all bytes since the last `finish`.
  [[nodiscard]] Sha256Digest finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// The digest as raw bytes; valid as long as the digest.
[[nodiscard]] inline std::string_view bytes_of(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// Of one text: 64 lower-case hex digits.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

/// HMAC-SHA256 (RFC 2104). Throws core::Error when OpenSSL offers none.
[[nodiscard]] Sha256Digest hmac_sha256(std::string_view key, std::string_view text);

/// 64 lower-case hex digits.
[[nodiscard]] std::string hex(const Sha256Digest& digest);

}  // namespace core
