#include "cmd/run/failed_rows.h"

#include <utility>

#include "core/error.h"
#include "core/text/printable.h"

namespace cmd {
namespace {

std::string csv_field(const std::string& text) {
  if (text.find_first_of("\",;\t|#\r\n") == std::string::npos) {
    return text;
  }
  std::string quoted = "\"";
  for (const char one : text) {
    quoted += one == '"' ? "\"\"" : std::string(1, one);
  }
  return quoted + '"';
}

std::unique_ptr<core::AtomicFile> draft_of(const std::string& path) {
  try {
    return std::make_unique<core::AtomicFile>(path);
  } catch (const core::Error& failure) {
    throw core::UsageError(std::string("--failed-out: ") + failure.what());
  }
}

}  // namespace

FailedRows::FailedRows(const std::string& path, std::vector<std::string> accounts)
    : file_(draft_of(path)), accounts_(std::move(accounts)) {
  write(accounts_.size() > 1 ? "task_id,account\n" : "task_id\n");
}

void FailedRows::write(const std::string& line) {
  constexpr std::size_t kBufferBytes = std::size_t{64} * 1024;
  buffer_ += line;
  if (buffer_.size() >= kBufferBytes) {
    flush();
  }
}

// A full disk does not stop the run: `publish` reports it.
void FailedRows::flush() {
  if (failure_.empty()) {
    try {
      file_->write(buffer_);
    } catch (const core::Error& failure) {
      failure_ = failure.what();
    }
  }
  buffer_.clear();
}

void FailedRows::add(const core::RejectedRow& row) {
  constexpr std::size_t kTextMax = 100;
  write("# " + core::printable(row.source, kTextMax) + ":" + std::to_string(row.line) + ": " +
        row.reason + ": " + core::printable(row.text, kTextMax) + "\n");
}

void FailedRows::add(const core::Notice& notice) {
  const bool wanted = notice.kind == core::Notice::Kind::not_answered ||
                      notice.kind == core::Notice::Kind::video_failed;
  if (!wanted) {
    return;
  }
  std::string row = csv_field(notice.task_id);
  if (accounts_.size() > 1) {
    row += "," + csv_field(accounts_.at(static_cast<std::size_t>(notice.account)));
  }
  if (row != last_row_) {
    write(row + "\n");
    last_row_ = std::move(row);
  }
}

void FailedRows::publish() {
  flush();
  if (!failure_.empty()) {
    throw core::Error(failure_);
  }
  file_->prepare(core::kOwnerOnly);
  file_->publish();
}

}  // namespace cmd
