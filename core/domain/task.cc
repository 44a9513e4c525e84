#include "core/domain/task.h"

#include <algorithm>

#include "core/text/redaction.h"

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
  if (key.empty()) {
    return;
  }
  for (std::string* text :
       {&answer.code, &answer.status, &answer.progress, &answer.message, &answer.link_failure}) {
    mask_key(*text, key);
  }
  for (const FactText text : kFactTexts) {
    mask_key(answer.facts.*text, key);
  }
  for (UsageMetric& metric : answer.usage) {
    mask_key(metric.name, key);
    mask_key(metric.value, key);
  }
}

}  // namespace core
