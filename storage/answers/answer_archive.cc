#include "storage/answers/answer_archive.h"

#include <utility>

#include "core/text/base64.h"
#include "core/text/utf8.h"
#include "storage/answers/json_text.h"

namespace storage {
namespace {

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

AnswerArchive::AnswerArchive(ZstdWriter::Write write) : file_(std::move(write)) {}

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
    file_.add(lines_);
    lines_.clear();
  }
}

void AnswerArchive::finish() {
  file_.add(lines_);
  lines_.clear();
  file_.finish();
}

}  // namespace storage
