#include "core/files/ustar.h"

#include <cassert>
#include <cstddef>
#include <numeric>

#include "core/error.h"

namespace core {
namespace {

constexpr std::size_t kBlockBytes = 512;

// Where a field of a header begins, and its bytes.
struct Field {
  std::size_t at = 0;
  std::size_t bytes = 0;
};
constexpr Field kMode{100, 8};
constexpr Field kUser{108, 8};
constexpr Field kGroup{116, 8};
constexpr Field kSize{124, 12};
constexpr Field kTime{136, 12};
constexpr Field kSum{148, 8};
constexpr std::size_t kType = 156;
constexpr Field kMagic{257, 8};
constexpr Field kMajor{329, 8};
constexpr Field kMinor{337, 8};
constexpr std::uint64_t kReadable = 0644;

// Octal digits with leading zeros, and a NUL.
void put(std::string& header, const Field& field, std::uint64_t value) {
  constexpr unsigned kBase = 8;
  header[field.at + field.bytes - 1] = '\0';
  for (std::size_t left = field.bytes - 1; left > 0; --left) {
    header[field.at + left - 1] = static_cast<char>('0' + value % kBase);
    value /= kBase;
  }
}

std::string header_of(const std::string& name, std::uint64_t bytes) {
  std::string header(kBlockBytes, '\0');
  header.replace(0, name.size(), name);
  put(header, kMode, kReadable);
  for (const Field& zero : {kUser, kGroup, kTime, kMajor, kMinor}) {
    put(header, zero, 0);
  }
  put(header, kSize, bytes);
  header[kType] = '0';  // a regular file
  header.replace(kMagic.at, kMagic.bytes, std::string_view("ustar\00000", kMagic.bytes));
  // The sum counts its own field as blanks, and ends with NUL and blank.
  header.replace(kSum.at, kSum.bytes, kSum.bytes, ' ');
  const auto sum = std::accumulate(
      header.begin(), header.end(), std::uint64_t{0},
      [](std::uint64_t total, char one) { return total + static_cast<unsigned char>(one); });
  put(header, {kSum.at, kSum.bytes - 1}, sum);
  return header;
}

}  // namespace

void Ustar::begin(const std::string& name, std::uint64_t bytes) {
  if (name.empty() || name.size() > kNameBytesMax || bytes > kFileBytesMax) {
    throw Error("a tar archive cannot hold " + name + " (" + std::to_string(bytes) +
                " bytes); files up to 8 GiB fit: write a folder instead");
  }
  end_file();
  write_(header_of(name, bytes));
  left_ = bytes;
  padding_ = static_cast<std::size_t>((kBlockBytes - bytes % kBlockBytes) % kBlockBytes);
}

void Ustar::add(std::string_view bytes) {
  assert(bytes.size() <= left_);
  write_(bytes);
  left_ -= bytes.size();
}

void Ustar::finish() {
  end_file();
  write_(std::string(2 * kBlockBytes, '\0'));
}

void Ustar::end_file() {
  assert(left_ == 0);
  write_(std::string(padding_, '\0'));
  padding_ = 0;
}

}  // namespace core
