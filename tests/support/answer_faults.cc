#include "tests/support/answer_faults.h"

#include <nlohmann/json.hpp>
#include <variant>

#include "core/gateway/api.h"
#include "core/gateway/usage.h"
#include "core/gateway/video_links.h"
#include "core/text/json.h"
#include "core/text/utf8.h"

namespace support {
namespace {

// Another library decides what is JSON. Only limits that are this program's own come before.
std::string fault_of_json(std::string_view body) {
  core::JsonDocument document;
  const core::JsonDefect defect = document.read(body);
  const bool taken = defect == core::JsonDefect::none;
  if (document.root().exists() != taken) {
    return "a document that is refused has a root, or the other way round";
  }
  const bool by_grammar = taken || defect == core::JsonDefect::syntax;
  if (by_grammar && nlohmann::json::accept(body) != taken) {
    return std::string(taken ? "taken" : "refused") + " as JSON, unlike nlohmann does";
  }
  return {};
}

std::string fault_of_facts(const core::TaskFacts& facts) {
  for (const core::FactText member : core::kFactTexts) {
    const std::string& text = facts.*member;
    if (core::is_count(core::fact_of(member))) {
      if (core::plain_decimal(text) != text) {
        return "a count that is no plain number: " + text;
      }
    } else if (core::valid_utf8(text) != text || text.find('\n') != std::string::npos) {
      return "a fact that is not printable: " + text;
    }
  }
  return {};
}

std::string fault_of(const core::Answer& answer) {
  const bool offers =
      answer.verdict == core::Verdict::succeeded || answer.verdict == core::Verdict::unrecognised;
  if (!offers && !answer.links.empty()) {
    return "links of an answer that is no success";
  }
  if (answer.verdict == core::Verdict::succeeded && answer.links.empty()) {
    return "a success without any way to its video";
  }
  if (answer.links.size() > core::kLinksMax || answer.usage.size() > core::kUsageMetricsMax ||
      answer.message.size() > core::kMessageBytesMax ||
      answer.status.size() > core::kWordBytesMax) {
    return "over a limit";
  }
  for (std::size_t i = 0; i < answer.links.size(); ++i) {
    if (answer.links[i].index != static_cast<int>(i) + 1 || !core::is_link(answer.links[i].url)) {
      return "a link that is none: " + answer.links[i].url;
    }
  }
  return fault_of_facts(answer.facts);
}

}  // namespace

std::string fault_of_answer(std::string_view body) {
  static const auto id = std::get<core::TaskId>(core::TaskId::parse("t"));
  try {
    for (const int status : {200, 400, 404}) {
      const core::Answer answer = core::parse_answer(status, body, id);
      const core::Answer again = core::parse_answer(status, body, id);
      if (answer.verdict != again.verdict || answer.facts != again.facts ||
          answer.links != again.links || answer.usage != again.usage) {
        return "the same bytes mean two things";
      }
      if (const std::string fault = fault_of(answer); !fault.empty()) {
        return fault;
      }
    }
    (void)core::link_in_json(body);
    return fault_of_json(body);
  } catch (const std::exception& failure) {
    return std::string("an exception: ") + failure.what();
  }
}

}  // namespace support
