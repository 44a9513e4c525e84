#include "storage/answers/answer_packing.h"

#include <unordered_map>
#include <variant>

namespace storage {

std::vector<AnswerPlace> AnswerPacking::pack(std::span<const core::Entry> entries,
                                             std::int64_t& next_block, const Store& store) {
  std::vector<AnswerPlace> places;
  std::unordered_map<core::TaskKey, AnswerPlace> in_batch;
  std::vector<std::string_view> open;
  std::size_t open_bytes = 0;
  for (const core::Entry& entry : entries) {
    const auto* answer = std::get_if<core::AnswerEntry>(&entry);
    if (answer == nullptr) {
      continue;
    }
    hash_.update(answer->body);
    const core::Sha256Digest sha256 = hash_.finish();
    const auto earlier = in_batch.find(answer->task);
    const auto same = earlier == in_batch.end()          ? store.same_as_last(answer->task, sha256)
                      : earlier->second.sha256 == sha256 ? std::optional(earlier->second)
                                                         : std::nullopt;
    if (same) {
      places.push_back(*same);
      continue;
    }
    if (open.size() == AnswerCodec::kSlotsMax ||
        (!open.empty() && open_bytes + answer->body.size() > AnswerCodec::kBytesMax)) {
      write(open, next_block, store);
      open_bytes = 0;
    }
    places.push_back({next_block, static_cast<std::int64_t>(open.size()), sha256});
    in_batch[answer->task] = places.back();
    open.push_back(answer->body);
    open_bytes += answer->body.size();
  }
  if (!open.empty()) {
    write(open, next_block, store);
  }
  return places;
}

void AnswerPacking::write(std::vector<std::string_view>& answers, std::int64_t& next_block,
                          const Store& store) {
  store.write_block(next_block++, codec_.encode(answers));
  answers.clear();
}

}  // namespace storage
