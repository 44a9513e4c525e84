#include "cmd/failed_rows.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/printable.h"

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

}  // namespace

FailedRows::FailedRows(std::string path, std::vector<std::string> accounts)
    : path_(std::move(path)), part_(path_ + ".part"), accounts_(std::move(accounts)) {
  descriptor_ = open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor_ < 0) {
    throw core::UsageError("cannot make " + part_ +
                           " for --failed-out: " + std::generic_category().message(errno));
  }
  write(accounts_.size() > 1 ? "task_id,account\n" : "task_id\n");
}

FailedRows::~FailedRows() {
  if (descriptor_ >= 0) {
    close(descriptor_);
    std::remove(part_.c_str());
  }
}

void FailedRows::write(const std::string& line) {
  failed_ = failed_ ||
            ::write(descriptor_, line.data(), line.size()) != static_cast<ssize_t>(line.size());
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
  const bool synced = !failed_ && fsync(descriptor_) == 0;
  close(descriptor_);
  descriptor_ = -1;
  if (!synced || std::rename(part_.c_str(), path_.c_str()) != 0) {
    const std::string reason = std::generic_category().message(errno);
    std::remove(part_.c_str());
    throw core::Error("cannot write " + path_ + " for --failed-out: " + reason);
  }
}

}  // namespace cmd
