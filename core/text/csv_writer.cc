#include "core/text/csv_writer.h"

namespace core {
namespace {

bool is_formula(std::string_view cell) {
  return !cell.empty() && std::string_view("=+-@\t\r").find(cell.front()) != std::string_view::npos;
}

bool needs_quotes(std::string_view cell, char delimiter) {
  for (const char one : cell) {
    if (one == delimiter || one == '"' || one == '\n' || one == '\r') {
      return true;
    }
  }
  return false;
}

}  // namespace

void CsvWriter::separate() {
  if (!first_) {
    out_ += delimiter_;
  }
  first_ = false;
}

void CsvWriter::quoted(std::string_view cell) {
  for (const char one : cell) {
    if (one == '"') {
      out_ += '"';
    }
    out_ += one;
  }
}

void CsvWriter::text(std::string_view cell) {
  separate();
  const std::string_view guard = is_formula(cell) ? "'" : "";
  if (!needs_quotes(cell, delimiter_)) {
    out_ += guard;
    out_ += cell;
    return;
  }
  out_ += '"';
  out_ += guard;
  quoted(cell);
  out_ += '"';
}

void CsvWriter::number(std::string_view cell) {
  separate();
  out_ += cell;
}

void CsvWriter::end_row() {
  out_ += '\n';
  first_ = true;
}

std::string_view without_guard(std::string_view cell) {
  const bool guarded = cell.starts_with('\'') && is_formula(cell.substr(1));
  return cell.substr(guarded ? 1 : 0);
}

}  // namespace core
