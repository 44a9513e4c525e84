#include "storage/answers/answer_packing.h"

#include <unordered_map>
#include <variant>

namespace storage {
namespace {

// Finds the last answer of a task in a batch. Most answers are their tasks' first ones, so that
// nothing is indexed until one is looked for.
class BatchIndex {
 public:
  void add(core::TaskKey task) { tasks_.push_back(task); }
  // The number of the task's last answer among those added.
  [[nodiscard]] std::optional<std::size_t> last_of(core::TaskKey task) {
    for (; indexed_ < tasks_.size(); ++indexed_) {
      last_[tasks_[indexed_]] = indexed_;
    }
    const auto found = last_.find(task);
    return found == last_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::vector<core::TaskKey> tasks_;
  std::size_t indexed_ = 0;
  std::unordered_map<core::TaskKey, std::size_t> last_;
};

}  // namespace

std::vector<AnswerPlace> AnswerPacking::pack(std::span<const core::Entry> entries,
                                             std::int64_t& next_block, const Store& store) {
  std::vector<AnswerPlace> places;
  places.reserve(entries.size());
  BatchIndex batch;
  std::vector<std::string_view> open;
  std::size_t open_bytes = 0;
  for (const core::Entry& entry : entries) {
    const auto* answer = std::get_if<core::AnswerEntry>(&entry);
    if (answer == nullptr) {
      continue;
    }
    hash_.update(answer->body);
    const core::Sha256Digest sha256 = hash_.finish();
    const auto earlier = answer->is_first ? std::nullopt : batch.last_of(answer->task);
    const auto same = answer->is_first                    ? std::nullopt
                      : !earlier                          ? store.same_as_last(answer->task, sha256)
                      : places[*earlier].sha256 == sha256 ? std::optional(places[*earlier])
                                                          : std::nullopt;
    batch.add(answer->task);
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
