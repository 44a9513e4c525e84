#include "core/domain/task.h"

#include <algorithm>

#include "core/text/printable.h"

namespace core {

std::string_view name(TaskState state) {
  switch (state) {
    case TaskState::unfinished:
      return "unfinished";
    case TaskState::succeeded:
      return "succeeded";
    case TaskState::failed:
      return "failed";
    case TaskState::missing:
      return "missing";
  }
  return "?";
}

std::string_view name(VideoState state) {
  switch (state) {
    case VideoState::wanted:
      return "wanted";
    case VideoState::done:
      return "done";
    case VideoState::failed:
      return "failed";
    case VideoState::expired:
      return "expired";
  }
  return "?";
}

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::unfinished:
      return "unfinished";
    case Verdict::succeeded:
      return "succeeded";
    case Verdict::failed:
      return "failed";
    case Verdict::unrecognised:
      return "unrecognised";
    case Verdict::not_found:
      return "not found";
    case Verdict::wrong_task:
      return "wrong task";
    case Verdict::unreadable:
      return "unreadable";
    case Verdict::throttled:
      return "throttled";
    case Verdict::server_error:
      return "server error";
    case Verdict::unauthorised:
      return "unauthorised";
    case Verdict::forbidden:
      return "forbidden";
    case Verdict::invalid_url:
      return "invalid URL";
    case Verdict::unexpected:
      return "unexpected";
  }
  return "?";
}

LinkCandidate candidate(const VideoLink& link, std::size_t number) {
  if (number == 0) {
    return {link.url, link.expires_at, link.expiry_assumed};
  }
  return link.others.at(number - 1);
}

namespace {

bool has_url(const VideoLink& link, const std::string& url) {
  return link.url == url || std::any_of(link.others.begin(), link.others.end(),
                                        [&url](const auto& other) { return other.url == url; });
}

// A length limit may have cut a text in the middle of the key before it gets here.
void hide_cut_key(std::string& text, std::string_view key) {
  constexpr std::size_t kTellingBytes = 8;
  constexpr std::string_view kEllipsis = "…";
  std::string_view rest = text;
  const bool cut = rest.ends_with(kEllipsis);
  rest.remove_suffix(cut ? kEllipsis.size() : 0);
  for (std::size_t bytes = key.size(); bytes-- > kTellingBytes;) {
    if (rest.ends_with(key.substr(0, bytes))) {
      rest.remove_suffix(bytes);
      text = std::string(rest).append(kKeyMask).append(cut ? kEllipsis : "");
      return;
    }
  }
}

}  // namespace

bool brings_more(const VideoLink& link, const VideoLink& before) {
  return !has_url(before, link.url) ||
         std::any_of(link.others.begin(), link.others.end(),
                     [&before](const auto& other) { return !has_url(before, other.url); });
}

Answer nothing_taken() {
  Answer answer;
  answer.code = kNothingTaken;
  return answer;
}

void hide_key(Answer& answer, std::string_view key) {
  const auto hide = [key](std::string& text) {
    if (auto without = without_key(text, key)) {
      text = *std::move(without);
    }
    hide_cut_key(text, key);
  };
  for (std::string* text :
       {&answer.code, &answer.status, &answer.progress, &answer.message, &answer.link_failure}) {
    hide(*text);
  }
  for (const FactText text : kFactTexts) {
    hide(answer.facts.*text);
  }
  for (UsageMetric& metric : answer.usage) {
    hide(metric.name);
    hide(metric.value);
  }
}

}  // namespace core
