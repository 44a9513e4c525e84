// PostgreSQL's binary format for the types of the ledger: src/backend/utils/adt/*send().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace storage {

// Object IDs of types: src/include/catalog/pg_type.dat; they never change.
inline constexpr unsigned kBoolType = 16;
inline constexpr unsigned kBytesType = 17;
inline constexpr unsigned kInt8Type = 20;
inline constexpr unsigned kInt2Type = 21;
inline constexpr unsigned kInt4Type = 23;
inline constexpr unsigned kTextType = 25;
inline constexpr unsigned kNumericType = 1700;
inline constexpr unsigned kBytesArrayType = 1001;
inline constexpr unsigned kTextArrayType = 1009;
inline constexpr unsigned kInt8ArrayType = 1016;

/// The most significant byte first.
template <typename Integer>
void append_integer(std::string& bytes, Integer value) {
  constexpr unsigned kBits = 8;
  for (unsigned shift = sizeof(Integer) * kBits; shift > 0; shift -= kBits) {
    bytes.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (shift - kBits)));
  }
}

/// Two's complement, with as many bytes as there are.
[[nodiscard]] inline std::int64_t read_integer(std::string_view bytes) {
  constexpr unsigned kBits = 8;
  constexpr unsigned char kSign = 0x80;
  const bool negative = !bytes.empty() && (static_cast<unsigned char>(bytes[0]) & kSign) != 0;
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (const char byte : bytes) {
    value = value << kBits | static_cast<unsigned char>(byte);
  }
  return static_cast<std::int64_t>(value);
}

}  // namespace storage
