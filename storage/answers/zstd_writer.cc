#include "storage/answers/zstd_writer.h"

#include <zstd.h>

#include <utility>

#include "core/error.h"

namespace storage {
namespace {

constexpr int kFileLevel = 6;  // such files are kept for years, and made once

}  // namespace

struct ZstdWriter::Stream {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  std::string out = std::string(ZSTD_CStreamOutSize(), '\0');

  Stream() = default;
  ~Stream() { ZSTD_freeCCtx(context); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
};

ZstdWriter::ZstdWriter(Write write)
    : write_(std::move(write)), stream_(std::make_unique<Stream>()) {
  if (stream_->context == nullptr) {
    throw core::Error("zstd has no memory to compress");
  }
  ZSTD_CCtx_setParameter(stream_->context, ZSTD_c_compressionLevel, kFileLevel);
  ZSTD_CCtx_setParameter(stream_->context, ZSTD_c_checksumFlag, 1);
}

ZstdWriter::~ZstdWriter() = default;

void ZstdWriter::add(std::string_view bytes) { compress(bytes, false); }

void ZstdWriter::finish() { compress({}, true); }

void ZstdWriter::compress(std::string_view bytes, bool end) {
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  bool done = false;
  while (!done) {
    ZSTD_outBuffer out{stream_->out.data(), stream_->out.size(), 0};
    const std::size_t left =
        ZSTD_compressStream2(stream_->context, &out, &in, end ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left) != 0U) {
      throw core::Error(std::string("zstd cannot compress: ") + ZSTD_getErrorName(left));
    }
    write_({stream_->out.data(), out.pos});
    done = end ? left == 0 : in.pos == in.size;
  }
}

}  // namespace storage
