#include "core/billing/task_groups.h"

#include <array>
#include <atomic>
#include <cassert>
#include <cstring>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace core {
namespace {

constexpr std::size_t kGroupsMax = 8192;  // about 8 MiB

template <typename Number>
void append_bytes(std::string& key, Number number) {
  std::array<char, sizeof(number)> bytes;
  std::memcpy(bytes.data(), &number, sizeof(number));
  key.append(bytes.data(), bytes.size());
}

using Visit = std::function<void(const FinishedTask&, std::int64_t)>;

// Counts the tasks of each group. One thread at a time.
class TaskGroups {
 public:
  // A zone belongs to one thread, so each thread has its own.
  TaskGroups(const TimeZone& zone, Visit visit) : zone_(zone), visit_(std::move(visit)) {}

  // Adds the tasks of the slice, except those of closed periods. If there are too many groups to
  // keep, visits some.
  void add(GroupCursor& tasks, TimeIndex index, const std::vector<ClosedPeriod>& closed);
  // Visits the groups that were not visited yet.
  void flush();

 private:
  struct Group {
    FinishedTask task;
    std::int64_t count = 0;
  };

  TimeZone zone_;
  Visit visit_;
  std::unordered_map<std::string, Group> groups_;
  std::string key_;  // of the current task
};

void TaskGroups::add(GroupCursor& tasks, TimeIndex index, const std::vector<ClosedPeriod>& closed) {
  while (tasks.step()) {
    const UtcTime at = tasks.time();
    if (closed_period_at(closed, at) != nullptr) {
      continue;
    }
    key_.clear();
    append_bytes(key_, index);
    append_bytes(key_, zone_.day_number(at));
    tasks.append_key(key_);
    auto found = groups_.find(key_);
    if (found == groups_.end()) {
      if (groups_.size() >= kGroupsMax) {
        flush();
      }
      found = groups_.emplace(key_, Group{.task = tasks.task()}).first;
    }
    ++found->second.count;
  }
}

void TaskGroups::flush() {
  for (const auto& [key, group] : groups_) {
    visit_(group.task, group.count);
  }
  groups_.clear();
}

// The slices of a query; threads take one after another.
class SharedSlices {
 public:
  explicit SharedSlices(std::vector<TaskSlice> slices) : slices_(std::move(slices)) {}
  // Null at the end.
  const TaskSlice* next() {
    const std::size_t index = next_.fetch_add(1);
    return index < slices_.size() ? &slices_[index] : nullptr;
  }

 private:
  std::vector<TaskSlice> slices_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace

void each_task_group(BillingSource& source, const ReportQuery& query,
                     const std::vector<ClosedPeriod>& closed, const TimeZone& zone,
                     const Visit& visit) {
  SharedSlices slices(source.slices(query));
  std::mutex one_at_a_time;
  const auto locked_visit = [&](const FinishedTask& task, std::int64_t count) {
    const std::lock_guard lock(one_at_a_time);
    visit(task, count);
  };
  const auto read_slices = [&](TaskGroups& groups, std::size_t reader) {
    while (const TaskSlice* slice = slices.next()) {
      const auto tasks = source.grouped_tasks(*slice, !closed.empty(), reader);
      groups.add(*tasks, slice->index, closed);
    }
    groups.flush();
  };
  const std::size_t readers = source.group_readers();
  assert(readers > 0);
  std::vector<std::unique_ptr<TaskGroups>> groups;
  for (std::size_t reader = 0; reader < readers; ++reader) {
    groups.push_back(std::make_unique<TaskGroups>(zone, locked_visit));
  }
  std::vector<std::future<void>> others;  // joined however this thread's part ends
  for (std::size_t reader = 1; reader < readers; ++reader) {
    others.push_back(
        std::async(std::launch::async, read_slices, std::ref(*groups[reader]), reader));
  }
  read_slices(*groups.front(), 0);
  for (std::future<void>& other : others) {
    other.get();
  }
}

}  // namespace core
