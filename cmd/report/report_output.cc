#include "cmd/report/report_output.h"
#include "cmd/os/json_text.h"

#include <cassert>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBlockBytes = std::size_t{256} * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string json_string(std::string_view text) { return json_text(Json(text)); }

std::string json_value(ReportCell::Kind kind, std::string_view text) {
  if (text.empty()) {
    return "null";
  }
  const bool number = kind == ReportCell::Kind::count || kind == ReportCell::Kind::amount;
  return number && is_json_number(text) ? std::string(text) : json_string(text);
}

// A count that is not a number ("5.0.1") stays as it was sent.
std::string_view with_decimal_comma(ReportCell::Kind kind, std::string_view text,
                                    std::string& scratch) {
  const std::size_t point = text.find('.');
  const bool number = kind == ReportCell::Kind::amount ||
                      (kind == ReportCell::Kind::count && core::Decimal::parse(text));
  if (!number || point == std::string_view::npos) {
    return text;
  }
  scratch = text;
  scratch[point] = ',';
  return scratch;
}

}  // namespace

ReportOutput::ReportOutput(const std::string& path, std::ostream& out) : out_(out) {
  if (path != "-") {
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
  } else {
    out_ << block_;
  }
  block_.clear();
}

std::string ReportOutput::finish() {
  flush();
  if (file_) {
    file_->prepare(core::kOwnerOnly);
  }
  return core::hex(hash_.finish());
}

void ReportOutput::publish() {
  if (file_) {
    file_->publish();
  }
}

RowWriter::RowWriter(const RowFormat& format, std::vector<core::ReportColumn> columns,
                     const char* type, ReportOutput& output)
    : columns_(std::move(columns)),
      type_(type),
      output_(output),
      decimal_comma_(format.decimal_comma) {
  if (format.json) {
    return;
  }
  if (format.bom) {
    output.text() += kByteOrderMark;
  }
  csv_.emplace(output.text(), columns_, format.delimiter);
}

void RowWriter::add(core::CellKind kind, std::string_view text) {
  assert(column_ < columns_.size());
  const core::ReportColumn& column = columns_[column_++];
  if (csv_) {
    csv_->add(kind, decimal_comma_ ? with_decimal_comma(kind, text, scratch_) : text);
    return;
  }
  std::string& out = output_.text();
  if (column_ == 1) {
    out += "{\"type\":" + json_string(type_);
  }
  out += "," + json_string(column.name) + ":" + json_value(kind, text);
}

void RowWriter::end_row() {
  assert(column_ == columns_.size());
  if (csv_) {
    csv_->end_row();
  } else {
    output_.text() += "}\n";
  }
  column_ = 0;
  ++rows_;
  output_.flush_if_full();
}

void RowWriter::write(const std::vector<ReportCell>& cells) {
  for (const ReportCell& cell : cells) {
    add(cell.kind, cell.text);
  }
  end_row();
}

}  // namespace cmd
