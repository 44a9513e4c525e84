#include "tests/support/tiny_video.h"

#include <stdexcept>

namespace support {
namespace {

std::string big_endian(std::uint64_t number, std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) {
    text[bytes - 1 - i] = static_cast<char>(number >> (8 * i));
  }
  return text;
}

// Bytes like those of a compressed picture; different for every seed.
std::string noise(std::size_t bytes, std::uint32_t seed) {
  std::string text(bytes, '\0');
  std::uint32_t state = seed * 2654435761U + 1;
  for (char& byte : text) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24U);
  }
  return text;
}

std::size_t rest(std::size_t bytes, std::size_t used) {
  if (bytes <= used) {
    throw std::invalid_argument("a tiny video needs more than " + std::to_string(used) + " bytes");
  }
  return bytes - used;
}

std::string tiny(std::string_view brand, std::size_t bytes, std::uint32_t seed) {
  constexpr std::size_t kMvhdBytes = 100;  // version 0
  const std::string head =
      box("ftyp", std::string(brand) + big_endian(512, 4) + std::string(brand)) +
      box("moov", box("mvhd", std::string(kMvhdBytes, '\0')));
  return head + box("mdat", noise(rest(bytes, head.size() + 8), seed));
}

}  // namespace

std::string box(std::string_view type, std::string_view content) {
  return big_endian(content.size() + 8, 4) + std::string(type) + std::string(content);
}

std::string tiny_mp4(std::size_t bytes, std::uint32_t seed) { return tiny("isom", bytes, seed); }

std::string tiny_mov(std::size_t bytes, std::uint32_t seed) { return tiny("qt  ", bytes, seed); }

std::string element(std::string_view id, std::string_view content) {
  return std::string(id) + '\x01' + big_endian(content.size(), 7) + std::string(content);
}

std::string tiny_webm(std::size_t bytes, std::uint32_t seed, std::string_view doc_type) {
  const std::string head = element("\x1A\x45\xDF\xA3", element("\x42\x82", doc_type));
  const std::string tracks = element("\x15\x49\xA9\x66", "") + element("\x16\x54\xAE\x6B", "");
  const std::size_t used = head.size() + 12 + tracks.size() + 12;
  const std::string cluster = element("\x1F\x43\xB6\x75", noise(rest(bytes, used), seed));
  return head + element("\x18\x53\x80\x67", tracks + cluster);
}

}  // namespace support
