#include "core/billing/line_merge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/support/vector_cursors.h"

namespace {

using core::FinishedTask;
using core::OwnedLine;
using core::UtcTime;

UtcTime second(int number) { return UtcTime(std::chrono::seconds(number)); }

// What a ledger has: tasks, lines of a period that is closed up to the fifth second, and their
// corrections.
struct Content {
  std::vector<FinishedTask> tasks;
  std::vector<OwnedLine> frozen;
  std::vector<OwnedLine> adjustments;
};

auto place(const FinishedTask& task) {
  return std::tie(task.billed_at, task.task_id, task.account);
}

void sort_lines(std::vector<OwnedLine>& lines) {
  std::stable_sort(lines.begin(), lines.end(), [](const OwnedLine& left, const OwnedLine& right) {
    return place(left.task) < place(right.task);
  });
}

Content random_content(unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&random](int end) {
    return static_cast<int>(random() % static_cast<unsigned>(end));
  };
  Content content;
  std::set<std::tuple<std::string, std::string>> known;
  for (int i = 0; i < 60; ++i) {
    FinishedTask task;
    task.task_id = "t" + std::to_string(below(40));
    task.account = below(2) == 0 ? "a" : "b";
    task.billed_at = second(below(8));
    if (!known.emplace(task.task_id, task.account).second) {
      continue;
    }
    task.succeeded = true;
    OwnedLine line{.task = task};
    line.charge.line_id = task.task_id + task.account;
    if (task.billed_at < second(5)) {
      content.frozen.push_back(line);
      if (below(3) == 0) {
        line.task.billed_at = second(5);
        content.adjustments.push_back(core::reversal_of(line, second(5)));
        content.adjustments.push_back(line);
      }
    }
    if (task.billed_at >= second(5) || below(4) == 0) {
      content.tasks.push_back(task);
    }
  }
  sort_lines(content.frozen);  // as its report had them
  return content;
}

template <typename Item>
std::vector<Item> at(const std::vector<Item>& items, UtcTime time) {
  std::vector<Item> found;
  std::copy_if(items.begin(), items.end(), std::back_inserter(found),
               [time](const Item& item) { return support::time_of(item) == time; });
  return found;
}

// "task account line" in the order of the visits. `again` has the instants that were read twice.
std::vector<std::string> merged(const Content& content, std::size_t instant_max,
                                std::set<UtcTime>& again) {
  const std::vector<core::ClosedPeriod> closed = {
      {.key = 1, .period = {.name = "closed", .begin = second(0), .end = second(5)}}};
  std::vector<std::string> visited;
  core::each_merged_line(
      {.tasks = std::make_unique<support::VectorCursor<FinishedTask>>(content.tasks),
       .frozen = std::make_unique<support::VectorCursor<OwnedLine>>(content.frozen),
       .adjustments = content.adjustments,
       .tasks_at =
           [&](UtcTime time) {
             std::vector<FinishedTask> tasks = at(content.tasks, time);
             std::sort(tasks.begin(), tasks.end(), [](const auto& left, const auto& right) {
               return place(left) < place(right);
             });
             return std::make_unique<support::VectorCursor<FinishedTask>>(tasks);
           },
       .frozen_at =
           [&](UtcTime time) {
             again.insert(time);
             return std::make_unique<support::VectorCursor<OwnedLine>>(at(content.frozen, time));
           },
       .instant_max = instant_max},
      closed, {}, core::TimeZone("UTC"), [&visited](const core::ReportLine& line) {
        visited.push_back(line.task.task_id + " " + line.task.account + " " + line.charge.line_id);
      });
  return visited;
}

TEST(LineMerge, ACrowdedInstantComesInTheSameOrder) {
  std::size_t crowded = 0;
  for (unsigned seed = 1; seed <= 200; ++seed) {
    const Content content = random_content(seed);
    std::set<UtcTime> again;
    const std::vector<std::string> whole = merged(content, 1000, again);
    EXPECT_TRUE(again.empty()) << "all fits into the memory";
    EXPECT_GT(whole.size(), 20U);
    for (const std::size_t instant_max : {0U, 1U, 4U, 7U}) {
      EXPECT_EQ(merged(content, instant_max, again), whole) << seed << " " << instant_max;
    }
    crowded += again.size();
  }
  EXPECT_GT(crowded, 200U);
}

// More items than all batches hold.
TEST(LineMerge, ACrowdedInstantMayFillManyBatches) {
  Content content;
  constexpr int kTasks = 5000;
  for (int i = kTasks; i-- > 0;) {
    content.tasks.push_back({.account = "a", .task_id = std::to_string(100'000 + i)});
    content.tasks.back().billed_at = second(6);
  }
  std::set<UtcTime> again;
  const std::vector<std::string> lines = merged(content, 16, again);
  EXPECT_EQ(again.size(), 1U);
  EXPECT_EQ(lines.size(), static_cast<std::size_t>(kTasks));
  EXPECT_TRUE(std::is_sorted(lines.begin(), lines.end()));
}

}  // namespace
