#include "cmd/report_output.h"

#include <nlohmann/json.hpp>
#include <ostream>
#include <string_view>
#include <utility>

#include "core/money.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBlockBytes = std::size_t{256} * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Whether a count as it was sent is a number in JSON, too: "007" is none.
bool is_json_number(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  return core::Decimal::parse(text) && !text.starts_with('+') &&
         (!digits.starts_with('0') || digits.size() == 1 || digits[1] == '.');
}

std::string json_string(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Amounts are strings, since readers of JSON make binary fractions of numbers.
std::string json_value(const ReportCell& cell) {
  if (cell.text.empty()) {
    return "null";
  }
  const bool number = cell.kind == ReportCell::Kind::count && is_json_number(cell.text);
  return number ? cell.text : json_string(cell.text);
}

}  // namespace

ReportOutput::ReportOutput(const std::string& path, std::ostream& out) {
  if (path == "-") {
    out_ = &out;
  } else {
    file_.emplace(path);
  }
}

void ReportOutput::flush_if_full() {
  if (block_.size() >= kBlockBytes) {
    flush();
  }
}

void ReportOutput::flush() {
  hash_.update(block_);
  if (file_) {
    file_->write(block_);
  } else if (out_ != nullptr) {
    *out_ << block_;
  }
  block_.clear();
}

std::string ReportOutput::finish() {
  flush();
  if (file_) {
    file_->publish(kOwnerOnly);
  }
  return core::hex(hash_.finish());
}

RowWriter::RowWriter(const RowFormat& format, std::vector<ReportColumn> columns, const char* type,
                     ReportOutput& output)
    : as_json_(format.json),
      columns_(std::move(columns)),
      type_(type),
      output_(output),
      csv_(output.text(), format.delimiter) {
  if (as_json_) {
    return;
  }
  if (format.bom) {
    output.text() += kByteOrderMark;
  }
  for (const ReportColumn& column : columns_) {
    csv_.text(column.name);
  }
  csv_.end_row();
}

void RowWriter::write(const std::vector<ReportCell>& cells) {
  ++rows_;
  if (as_json_) {
    write_json(cells);
  } else {
    write_csv(cells);
  }
  output_.flush_if_full();
}

void RowWriter::write_csv(const std::vector<ReportCell>& cells) {
  for (const ReportCell& cell : cells) {
    if (cell.kind == ReportCell::Kind::text) {
      csv_.text(cell.text);
    } else {
      csv_.number(cell.text);
    }
  }
  csv_.end_row();
}

void RowWriter::write_json(const std::vector<ReportCell>& cells) {
  std::string& text = output_.text();
  text += "{\"type\":" + json_string(type_);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    text += "," + json_string(columns_.at(i).name) + ":" + json_value(cells.at(i));
  }
  text += "}\n";
}

}  // namespace cmd
