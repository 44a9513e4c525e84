#include "storage/answers/answer_archive.h"

#include <zstd.h>

#include <utility>

#include "core/error.h"
#include "core/text/base64.h"
#include "core/text/utf8.h"
#include "storage/answers/json_text.h"

namespace storage {
namespace {

constexpr int kArchiveLevel = 6;  // it is kept for years, and made once
constexpr std::size_t kLinesBytes = std::size_t{256} * 1024;

bool is_utf8(std::string_view text) {
  for (std::size_t at = core::find_non_ascii(text); at < text.size();) {
    const core::Utf8Character one = core::utf8_character(text, at);
    if (!one.valid) {
      return false;
    }
    at = core::find_non_ascii(text, at + one.bytes);
  }
  return true;
}

}  // namespace

struct AnswerArchive::Stream {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  std::string out = std::string(ZSTD_CStreamOutSize(), '\0');

  Stream() = default;
  ~Stream() { ZSTD_freeCCtx(context); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
};

AnswerArchive::AnswerArchive(Write write)
    : write_(std::move(write)), stream_(std::make_unique<Stream>()) {
  if (stream_->context == nullptr) {
    throw core::Error("zstd has no memory to compress");
  }
  ZSTD_CCtx_setParameter(stream_->context, ZSTD_c_compressionLevel, kArchiveLevel);
  ZSTD_CCtx_setParameter(stream_->context, ZSTD_c_checksumFlag, 1);
}

AnswerArchive::~AnswerArchive() = default;

void AnswerArchive::add(const Answer& answer) {
  lines_ += R"({"line":)";
  append_json_string(lines_, answer.line_id);
  lines_ += R"(,"task":)";
  append_json_string(lines_, answer.task_id);
  if (is_utf8(answer.bytes)) {
    lines_ += R"(,"answer":)";
    append_json_string(lines_, answer.bytes);
  } else {
    lines_ += R"(,"base64":")" + core::base64(answer.bytes) + '"';
  }
  lines_ += "}\n";
  if (lines_.size() >= kLinesBytes) {
    compress(false);
  }
}

void AnswerArchive::finish() { compress(true); }

void AnswerArchive::compress(bool end) {
  ZSTD_inBuffer in{lines_.data(), lines_.size(), 0};
  bool done = false;
  while (!done) {
    ZSTD_outBuffer out{stream_->out.data(), stream_->out.size(), 0};
    const std::size_t left =
        ZSTD_compressStream2(stream_->context, &out, &in, end ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left) != 0U) {
      throw core::Error(std::string("zstd cannot compress an answer: ") + ZSTD_getErrorName(left));
    }
    write_({stream_->out.data(), out.pos});
    done = end ? left == 0 : in.pos == in.size;
  }
  lines_.clear();
}

}  // namespace storage
