#include "tests/support/input_failures.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <variant>

#include "core/gateway/api.h"
#include "core/gateway/usage.h"
#include "core/gateway/video_links.h"
#include "core/text/json.h"
#include "core/text/utf8.h"

namespace support {
namespace {

// simdjson refuses a number with so long an exponent, even that of a zero.
bool has_long_exponent(std::string_view body) {
  constexpr std::size_t kDigitsMax = 18;
  for (std::size_t at = body.find_first_of("eE"); at != std::string_view::npos;
       at = body.find_first_of("eE", at + 1)) {
    const std::size_t begin = std::min(body.find_first_not_of("+-", at + 1), body.size());
    const std::size_t end = std::min(body.find_first_not_of("0123456789", begin), body.size());
    if (end - begin > kDigitsMax) {
      return true;
    }
  }
  return false;
}

// Another library decides what is JSON; only this program's own limits are checked before.
std::string json_failure(std::string_view body) {
  core::JsonDocument document;
  const core::JsonFailure failure = document.read(body);
  const bool taken = failure == core::JsonFailure::none;
  if (document.root().exists() != taken) {
    return "a document that is refused has a root, or the other way round";
  }
  const bool by_grammar =
      taken || (failure == core::JsonFailure::syntax && !has_long_exponent(body));
  if (by_grammar && nlohmann::json::accept(body) != taken) {
    return std::string(taken ? "taken" : "refused") + " as JSON, unlike nlohmann does";
  }
  return {};
}

std::string facts_failure(const core::TaskFacts& facts) {
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

std::string reading_failure(const core::Answer& answer) {
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
  int index = 0;
  for (const core::VideoLink& link : answer.links) {
    // An unrecognised answer has no link in place of one that is missing, but counts it.
    const bool follows =
        answer.verdict == core::Verdict::succeeded ? link.index == index + 1 : link.index > index;
    if (!follows || !core::is_link(link.url)) {
      return "a link that is none, or out of order: " + link.url;
    }
    index = link.index;
  }
  return facts_failure(answer.facts);
}

}  // namespace

std::string answer_failure(std::string_view body) {
  static const auto id = std::get<core::TaskId>(core::TaskId::parse("t"));
  try {
    for (const int status : {200, 400, 404}) {
      const core::Answer answer = core::parse_answer(status, body, id);
      const core::Answer again = core::parse_answer(status, body, id);
      if (answer.verdict != again.verdict || answer.facts != again.facts ||
          answer.links != again.links || answer.usage != again.usage) {
        return "the same bytes mean two things";
      }
      if (const std::string failure = reading_failure(answer); !failure.empty()) {
        return failure;
      }
    }
    (void)core::link_in_json(body);
    return json_failure(body);
  } catch (const std::exception& failure) {
    return std::string("an exception: ") + failure.what();
  }
}

}  // namespace support
