#include "core/text/gb18030.h"

#include <iconv.h>

#include <array>
#include <cerrno>
#include <cstddef>

#include "core/text/utf8.h"

namespace core {
namespace {

bool is_none(iconv_t converter) {
  return converter == reinterpret_cast<iconv_t>(-1);  // NOLINT(performance-no-int-to-ptr)
}

}  // namespace

Gb18030::~Gb18030() {
  if (converter_ != nullptr && !is_none(converter_)) {
    iconv_close(converter_);
  }
}

void Gb18030::append(std::string_view text, std::string& out) {
  if (converter_ == nullptr) {
    converter_ = iconv_open("UTF-8", "GB18030");
  }
  if (is_none(converter_)) {
    out += valid_utf8(text);
    return;
  }
  std::array<char, 4096> part{};
  char* from = const_cast<char*>(text.data());  // NOLINT: iconv(3) changes nothing there
  std::size_t left = text.size();
  while (left > 0) {
    char* to = part.data();
    std::size_t room = part.size();
    const bool done = iconv(converter_, &from, &left, &to, &room) != static_cast<std::size_t>(-1);
    out.append(part.data(), part.size() - room);
    if (!done && errno != E2BIG) {  // not the beginning of a character
      append_utf8(out, kReplacement);
      ++from;
      --left;
    }
  }
}

}  // namespace core
