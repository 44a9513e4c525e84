// Writes a tar archive (POSIX ustar).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace core {

/// Regular files alone; its bytes depend on their names and contents, not on time, owner or mode.
class Ustar {
 public:
  static constexpr std::uint64_t kFileBytesMax = (std::uint64_t{1} << 33U) - 1;  // 11 octal digits
  static constexpr std::size_t kNameBytesMax = 100;

  explicit Ustar(std::function<void(std::string_view)> write) : write_(std::move(write)) {}

  /// Begins a file, of which `bytes` bytes follow. Throws Error for a name or a size that the
  /// format does not have.
  void begin(const std::string& name, std::uint64_t bytes);
  void add(std::string_view bytes);
  /// After the last byte of the last file.
  void finish();

 private:
  void end_file();

  std::function<void(std::string_view)> write_;
  std::uint64_t left_ = 0;   // bytes of the current file that are still to come
  std::size_t padding_ = 0;  // zeros behind it
};

}  // namespace core
