#include "cmd/os/standard_output.h"

#include <unistd.h>
#include <cerrno>
#include <string>
#include <string_view>

#include "core/error.h"

namespace cmd {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{64} * 1024;

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      throw core::Error("cannot write to standard output: " + core::errno_text(errno) +
                        "; the output is incomplete");
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

StandardOutput::Buffer::Buffer(int fd) : fd_(fd), block_(kBlockBytes) {
  setp(block_.data(), block_.data() + block_.size());
}

void StandardOutput::Buffer::write_out() {
  const std::string_view pending(pbase(), static_cast<std::size_t>(pptr() - pbase()));
  // Emptied first, so that the destructor does not repeat a failed write.
  setp(block_.data(), block_.data() + block_.size());
  write_all(fd_, pending);
}

StandardOutput::Buffer::int_type StandardOutput::Buffer::overflow(int_type character) {
  write_out();
  if (!traits_type::eq_int_type(character, traits_type::eof())) {
    sputc(traits_type::to_char_type(character));
  }
  return traits_type::not_eof(character);
}

std::streamsize StandardOutput::Buffer::xsputn(const char* bytes, std::streamsize count) {
  if (count > epptr() - pptr()) {
    write_out();
  }
  if (count > epptr() - pptr()) {
    write_all(fd_, {bytes, static_cast<std::size_t>(count)});
    return count;
  }
  traits_type::copy(pptr(), bytes, static_cast<std::size_t>(count));
  pbump(static_cast<int>(count));
  return count;
}

int StandardOutput::Buffer::sync() {
  write_out();
  return 0;
}

StandardOutput::StandardOutput(int fd) : std::ostream(nullptr), buffer_(fd) {
  rdbuf(&buffer_);
  // With badbit set, the stream rethrows the exception of the buffer unchanged.
  exceptions(std::ios::badbit);
}

StandardOutput::~StandardOutput() {
  try {
    buffer_.write_out();
  } catch (const core::Error&) {
    // `finish` reports failures; a destructor cannot.
  }
}

void StandardOutput::finish() { buffer_.write_out(); }

}  // namespace cmd
