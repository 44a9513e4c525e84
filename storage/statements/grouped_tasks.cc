#include "storage/statements/grouped_tasks.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "storage/statements/fact_columns.h"
#include "storage/statements/stored_numbers.h"

namespace storage {
namespace {

template <typename Number>
void append_bytes(std::string& key, Number number) {
  std::array<char, sizeof(number)> bytes;
  std::memcpy(bytes.data(), &number, sizeof(number));
  key.append(bytes.data(), bytes.size());
}

}  // namespace

FinishedColumns group_columns(std::string charged_under) {
  constexpr std::string_view kModel = "t.model";
  std::string facts = fact_columns("t.", tells_apart);
  facts.replace(facts.find(kModel), kModel.size(), "coalesce(t.model, t.input_model)");
  return {.columns = "t.account, t.state, {labels}, " + facts + ", {charged_under}",
          .charged_under = std::move(charged_under)};
}

void append_key_number(std::string& key, std::int64_t number) { append_bytes(key, number); }

void append_key_text(std::string& key, std::string_view text) {
  if (text.empty()) {  // true for most counts
    key.push_back('\0');
    return;
  }
  constexpr std::size_t kLong = 255;
  if (text.size() < kLong) {
    key.push_back(static_cast<char>(text.size()));
  } else {
    key.push_back(static_cast<char>(kLong));
    append_bytes(key, text.size());
  }
  key.append(text);
}

std::string edge_of_finish_text(bool last) {
  return "SELECT finish_time FROM task {by task_by_finish} WHERE state " +
         sql_in_finished_states() +
         " AND finish_time >= $1 AND finish_time < $2 ORDER BY finish_time " +
         (last ? "DESC" : "ASC") + " LIMIT 1";
}

std::vector<core::TaskSlice> slices_by_finish(const core::ReportQuery& query, core::UtcTime first,
                                              core::UtcTime last) {
  constexpr int kSlices = 64;
  std::vector<core::TaskSlice> slices;
  const auto behind = last + std::chrono::milliseconds(1);
  const auto length = (behind - first) / kSlices + std::chrono::milliseconds(1);
  for (core::UtcTime begin = first; begin < behind; begin += length) {
    core::TaskSlice& slice =
        slices.emplace_back(core::TaskSlice{core::TimeIndex::finish_time, query});
    slice.query.begin = begin;
    slice.query.end = std::min(begin + length, behind);
  }
  return slices;
}

}  // namespace storage
