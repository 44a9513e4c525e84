// What the program reads from documents, as JSON, for tests/e2e/differential.py to compare with
// what other implementations read.
//
// Standard input: for each document a line `KIND BYTES`, then its bytes. Standard output: one line
// of JSON for each.
//   json     the value; a number is {"n": TEXT}, an object is [[KEY, VALUE], ...] behind "o"; null
//            if it is refused is {"refused": WHY}
//   csv      rows of fields; a row of another kind is null
//   decimal  `OPERATION LEFT RIGHT`: the result as text; null: no number; "overflow"
//   period   `NAME ZONE`: [BEGIN, END] in ms; null: refused
//   instant  `MS ZONE`: the local time as text
//   video    its extension, empty if it is not a complete video, and why not
#include <algorithm>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "core/billing/period.h"
#include "core/domain/money.h"
#include "core/error.h"
#include "core/text/csv.h"
#include "core/text/json.h"
#include "core/video/video_container.h"

namespace {

using Json = nlohmann::json;

Json tree_of(core::JsonValue value) {
  switch (value.kind()) {
    case core::JsonKind::null:
      return nullptr;
    case core::JsonKind::boolean:
      return value.scalar() == "true";
    case core::JsonKind::number:
      return {{"n", std::string(value.scalar())}};
    case core::JsonKind::string:
      return std::string(value.text());
    case core::JsonKind::array: {
      Json list = Json::array();
      for (const core::JsonValue child : value.children()) {
        list.push_back(tree_of(child));
      }
      return list;
    }
    case core::JsonKind::object: {
      Json pairs = Json::array();
      for (const core::JsonValue child : value.children()) {
        pairs.push_back(Json::array({std::string(child.key()), tree_of(child)}));
      }
      return {{"o", pairs}};
    }
  }
  return {};
}

Json read_json(const std::string& text) {
  core::JsonDocument document;
  const core::JsonFailure failure = document.read(text);
  return failure == core::JsonFailure::none
             ? tree_of(document.root())
             : Json{{"refused", std::string(core::describe(failure))}};
}

Json read_csv(const std::string& text) {
  core::CsvReader reader([&text, given = std::size_t{0}](char* buffer, std::size_t size) mutable {
    const std::size_t count = std::min(size, text.size() - given);
    std::memcpy(buffer, text.data() + given, count);
    given += count;
    return count;
  });
  Json rows = Json::array();
  for (core::CsvRow row; reader.next(row);) {
    if (row.kind != core::CsvRow::Kind::fields) {
      rows.push_back(nullptr);
      continue;
    }
    Json fields = Json::array();
    for (const std::string_view field : row.fields) {
      fields.push_back(std::string(field));
    }
    rows.push_back(std::move(fields));
  }
  return rows;
}

std::string calculated(const std::string& operation, const core::Decimal& left,
                       const core::Decimal& right) {
  if (operation == "+") {
    return (left + right).text();
  }
  if (operation == "-") {
    return (left - right).text();
  }
  if (operation == "*") {
    return (left * right).text();
  }
  if (operation == "<") {
    return left < right ? "1" : "0";
  }
  if (operation == "up") {
    return left.rounded_up_to(right).text();
  }
  return left.rounded(std::stoi(operation)).text();  // to so many places
}

Json calculate(const std::string& text) {
  std::istringstream words(text);
  std::string operation;
  std::string left_text;
  std::string right_text;
  words >> operation >> left_text >> right_text;
  const auto left = core::Decimal::parse(left_text);
  const auto right = core::Decimal::parse(right_text);
  if (!left || !right) {
    return nullptr;
  }
  try {
    return calculated(operation, *left, *right);
  } catch (const core::Error&) {
    return "overflow";
  }
}

Json read_period(const std::string& text) {
  std::istringstream words(text);
  std::string name;
  std::string zone;
  words >> name >> zone;
  try {
    const core::Period period = core::parse_period(name, core::TimeZone(zone));
    return {period.begin.time_since_epoch().count(), period.end.time_since_epoch().count()};
  } catch (const core::UsageError&) {
    return nullptr;
  }
}

Json read_instant(const std::string& text) {
  std::istringstream words(text);
  std::int64_t ms = 0;
  std::string zone;
  words >> ms >> zone;
  return core::TimeZone(zone).text(core::UtcTime(std::chrono::milliseconds(ms)));
}

Json read_video(const std::string& text) {
  constexpr std::size_t kPiece = 1000;
  core::ContainerCheck check;
  for (std::size_t at = 0; at < text.size(); at += kPiece) {
    check.update(std::string_view(text).substr(at, kPiece));
  }
  const core::ContainerReport report = check.finish();
  return {{"extension", report.extension}, {"failure", report.failure}};
}

Json read(const std::string& kind, const std::string& text) {
  return kind == "json"      ? read_json(text)
         : kind == "csv"     ? read_csv(text)
         : kind == "decimal" ? calculate(text)
         : kind == "period"  ? read_period(text)
         : kind == "instant" ? read_instant(text)
                             : read_video(text);
}

}  // namespace

int main() {
  std::string kind;
  std::size_t bytes = 0;
  while (std::cin >> kind >> bytes && std::cin.get() == '\n') {
    std::string text(bytes, '\0');
    std::cin.read(text.data(), static_cast<std::streamsize>(bytes));
    std::cout << read(kind, text).dump(-1, ' ', true, Json::error_handler_t::replace) << '\n';
  }
  return 0;
}
