// Compresses a file for other programs, piece by piece.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace storage {

/// One zstd frame with a checksum. The same bytes give the same frame, with one version of zstd.
/// One thread.
class ZstdWriter {
 public:
  using Write = std::function<void(std::string_view)>;

  /// `write` gets the bytes of the frame. Throws core::Error when zstd has no memory.
  explicit ZstdWriter(Write write);
  ~ZstdWriter();
  ZstdWriter(const ZstdWriter&) = delete;
  ZstdWriter& operator=(const ZstdWriter&) = delete;

  /// Throws core::Error when zstd fails, and what `write` throws.
  void add(std::string_view bytes);
  /// After the last bytes.
  void finish();

 private:
  void compress(std::string_view bytes, bool end);

  struct Stream;
  Write write_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace storage
