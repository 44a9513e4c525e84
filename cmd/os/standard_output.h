// Standard output as a stream that reports every failure.
#pragma once

#include <ostream>
#include <streambuf>
#include <vector>

namespace cmd {

/// Writes to a file descriptor in large blocks and throws core::Error from the very output
/// operation that fails (closed, full disk, broken pipe): an incomplete report is an error
/// (design.md, P4). Call `finish` at the end; the destructor flushes and ignores failures.
class StandardOutput final : public std::ostream {
 public:
  explicit StandardOutput(int fd = 1);
  ~StandardOutput() override;

  /// Flushes and checks that everything is written. Throws core::Error.
  void finish();

 private:
  class Buffer final : public std::streambuf {
   public:
    explicit Buffer(int fd);
    void write_out();

   private:
    int_type overflow(int_type character) override;
    std::streamsize xsputn(const char* bytes, std::streamsize count) override;
    int sync() override;

    int fd_;
    std::vector<char> block_;
  };
  Buffer buffer_;
};

}  // namespace cmd
