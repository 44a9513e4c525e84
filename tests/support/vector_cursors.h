// Cursors of core::BillingSource over what is in memory.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/billing/billing_source.h"
#include "core/domain/task_facts.h"

namespace support {

template <typename Item>
core::UtcTime time_of(const Item& item);
template <>
inline core::UtcTime time_of(const core::FinishedTask& task) {
  return task.billed_at;
}
template <>
inline core::UtcTime time_of(const core::OwnedLine& line) {
  return line.task.billed_at;
}

template <typename Item>
class VectorCursor final : public core::TimeCursor<Item> {
 public:
  explicit VectorCursor(std::vector<Item> items) : items_(std::move(items)) {
    std::stable_sort(items_.begin(), items_.end(), [](const Item& left, const Item& right) {
      return time_of(left) < time_of(right);
    });
  }
  bool at_end() const override { return next_ == items_.size(); }
  core::UtcTime time() const override { return time_of(items_.at(next_)); }
  void take(Item& item) override { item = items_.at(next_++); }

 private:
  std::vector<Item> items_;
  std::size_t next_ = 0;
};

class GroupVector final : public core::GroupCursor {
 public:
  explicit GroupVector(std::vector<core::FinishedTask> tasks) : tasks_(std::move(tasks)) {}
  bool step() override { return ++next_ <= tasks_.size(); }
  core::UtcTime time() const override { return now().billed_at; }
  void append_key(std::string& key) const override {
    const core::FinishedTask& task = now();
    const auto add = [&key](const std::string& text) {
      key += std::to_string(text.size()) + ':' + text;
    };
    add(task.account);
    add(task.succeeded ? "1" : "2");
    for (const core::Fact& fact : core::kFacts) {
      if (core::is_price_text(fact) || core::is_count(fact)) {
        add(task.facts.*std::get<core::FactText>(fact.member));
      }
    }
    for (const auto& [name, value] : task.labels) {
      add(name);
      add(value);
    }
  }
  core::FinishedTask task() override {
    core::FinishedTask task = now();
    task.task_id.clear();
    task.snapshot = 0;
    return task;
  }

 private:
  [[nodiscard]] const core::FinishedTask& now() const { return tasks_.at(next_ - 1); }
  std::vector<core::FinishedTask> tasks_;
  std::size_t next_ = 0;
};

}  // namespace support
