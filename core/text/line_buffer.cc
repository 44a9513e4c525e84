#include "core/text/line_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/text/ascii.h"
#include "core/text/utf8.h"

namespace core {
namespace {

constexpr std::size_t kRefillBytes = std::size_t{256} * 1024;
constexpr std::size_t kBufferBytes = LineBuffer::kLineBytesMax + 2 * kRefillBytes;

}  // namespace

LineBuffer::LineBuffer(ReadBytes read, Tell tell)
    : text_(std::move(read), std::move(tell)), buffer_(kBufferBytes) {}

bool LineBuffer::fill() {
  if (at_end_) {
    return false;
  }
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - end_ < kRefillBytes) {
    buffer_.resize(end_ + kRefillBytes);
  }
  const std::size_t got = text_.read(buffer_.data() + end_, kRefillBytes);
  at_end_ = got == 0;
  end_ += got;
  return !at_end_;
}

// Searches for both line ends window by window: otherwise a file without a single LF would be
// searched to its end for each line.
const char* LineBuffer::line_end() {
  constexpr std::size_t kWindow = 512;
  for (std::size_t searched = 0; searched <= kLineBytesMax;) {
    if (begin_ + searched == end_ && !fill()) {
      return buffer_.data() + end_;
    }
    const char* from = buffer_.data() + begin_ + searched;
    const char* to = from + std::min(kWindow, end_ - begin_ - searched);
    const char* line_feed = find_byte(from, to, '\n');
    const char* found = find_byte(from, line_feed, '\r');
    searched = static_cast<std::size_t>(found - buffer_.data()) - begin_;
    if (found != to) {
      return searched <= kLineBytesMax ? found : nullptr;
    }
  }
  return nullptr;
}

void LineBuffer::consume_line_end() {
  if (!has(0)) {
    return;
  }
  const bool carriage = buffer_[begin_] == '\r';
  ++begin_;
  ++line_;
  if (carriage && has(0) && buffer_[begin_] == '\n') {
    ++begin_;
  }
}

bool LineBuffer::skip_invisible() {
  constexpr std::size_t kCharacterMax = 4;
  static_cast<void>(has(kCharacterMax - 1));
  if (begin_ == end_) {
    return false;
  }
  const Utf8Character one = utf8_character(ahead(), 0);
  const bool found = one.valid && is_invisible(one.code);
  begin_ += found ? one.bytes : 0;
  return found;
}

void LineBuffer::skip_line() {
  while (has(0)) {
    const char* end = buffer_.data() + end_;
    const char* line_feed = find_byte(buffer_.data() + begin_, end, '\n');
    const char* found = find_byte(buffer_.data() + begin_, line_feed, '\r');
    begin_ = static_cast<std::size_t>(found - buffer_.data());
    if (found != end) {
      consume_line_end();
      return;
    }
  }
}

}  // namespace core
