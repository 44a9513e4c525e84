#include "storage/answers/outcome_words.h"

#include "storage/answers/json_text.h"

namespace storage {

OutcomeWords outcome_words(const core::AnswerEntry& entry) {
  const core::Answer& answer = entry.answer;
  return {.http_status = entry.http_status,
          .verdict = static_cast<std::int64_t>(answer.verdict),
          .code = answer.code,
          .status = answer.status,
          .progress = answer.progress,
          .usage_names = json_array(answer.usage, &core::UsageMetric::name)};
}

// With the lengths in front.
std::string OutcomeWords::key() const {
  std::string key;
  for (const std::size_t number :
       {static_cast<std::size_t>(http_status), static_cast<std::size_t>(verdict), code.size(),
        status.size(), progress.size()}) {
    key += std::to_string(number) + ' ';
  }
  return key + code + status + progress + usage_names;
}

}  // namespace storage
