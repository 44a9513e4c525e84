// Converts GB18030, and with it GBK and GB2312, to UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace core {

/// iconv(3), opened at first use. One thread.
class Gb18030 {
 public:
  Gb18030() = default;
  ~Gb18030();
  Gb18030(const Gb18030&) = delete;
  Gb18030& operator=(const Gb18030&) = delete;

  /// Appends the text to `out`; invalid bytes become U+FFFD. If this system's iconv(3) does not
  /// know GB18030, the text is read as UTF-8.
  void append(std::string_view text, std::string& out);

 private:
  void* converter_ = nullptr;  // iconv_t; null: not opened yet
};

}  // namespace core
