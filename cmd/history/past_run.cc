#include "cmd/history/past_run.h"

#include <unistd.h>

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "cmd/cli/exit_code.h"
#include "cmd/history/view_row.h"
#include "cmd/os/json_text.h"
#include "cmd/run/error_words.h"
#include "core/text/printable.h"
#include "core/text/redaction.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

std::string meaning_of(std::int64_t exit_code) {
  for (const ExitMeaning& one : exit_meanings()) {
    if (exit_number(one.code) == exit_code) {
      return std::string(one.meaning);
    }
  }
  return "exit code " + std::to_string(exit_code);
}

}  // namespace

bool PastRun::has_ended() const { return !text_in(row_, "exit_code").empty(); }

std::optional<std::chrono::milliseconds> PastRun::took() const {
  return text_in(row_, "took_ms").empty()
             ? std::nullopt
             : std::optional(std::chrono::milliseconds(number_in(row_, "took_ms")));
}

std::string PastRun::trouble() const {
  if (!has_ended()) {
    return "has no end: it was killed, or is still at work";
  }
  std::string all;
  const auto add = [&all](const std::string& what) { all += (all.empty() ? "" : ", ") + what; };
  constexpr std::array<std::pair<const char*, const char*>, 4> kCounts{
      {{"rows_rejected", "rejected"},
       {"not_answered", "not answered"},
       {"videos_failed", "not fetched"},
       {"videos_expired", "expired"}}};
  for (const auto& [column, what] : kCounts) {
    if (const std::int64_t count = number_in(row_, column); count > 0) {
      add(std::to_string(count) + " " + what);
    }
  }
  const Json errors = Json::parse(text_in(row_, "errors"), nullptr, false);
  for (auto one = errors.begin(); errors.is_object() && one != errors.end(); ++one) {
    add(error_words(one.key()) + " (" + one.value().dump() + ")");
  }
  const std::int64_t code = number_in(row_, "exit_code");
  if (code != exit_number(ExitCode::ok) && code != exit_number(ExitCode::partly)) {
    all = meaning_of(code) + (all.empty() ? "" : " (" + all + ")");
  }
  return core::printable(all, kCellShownMax);
}

std::string PastRun::origin() const {
  std::string text = text_in(row_, "host");
  const Json inputs = Json::parse(text_in(row_, "inputs"), nullptr, false);
  if (inputs.is_array() && !inputs.empty() && inputs.front().is_string()) {
    text += ", " + core::redact_urls(inputs.front().get<std::string>());
    if (inputs.size() > 1) {
      text += " and " + std::to_string(inputs.size() - 1) + " more";
    }
  }
  return core::printable(text, kCellShownMax);
}

void print_run_json(std::ostream& out, const core::ViewRow& row) {
  Json json;
  json["type"] = "run";
  json.update(json_of(row));
  print_json(out, json, isatty(STDOUT_FILENO) != 0);
}

}  // namespace cmd
