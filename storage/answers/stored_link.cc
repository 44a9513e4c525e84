#include "storage/answers/stored_link.h"

#include <algorithm>

#include "core/gateway/api.h"

namespace storage {

std::optional<core::VideoLink> stored_link(BlockReader& answers, const StoredAnswer& answer,
                                           const core::TaskId& id, int index) {
  core::Answer parsed;
  try {
    const std::string& body = answers.read(answer.block, answer.slot);
    parsed = core::parse_answer(answer.http_status, body, id);
  } catch (const AnswerDamaged&) {
    return std::nullopt;
  }
  const auto found = std::find_if(parsed.links.begin(), parsed.links.end(),
                                  [index](const auto& link) { return link.index == index; });
  return found == parsed.links.end() ? std::nullopt : std::optional(*found);
}

}  // namespace storage
