#include "core/billing/line_merge.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>
#include <utility>

#include "core/billing/resale.h"

namespace core {
namespace {

// A frozen line or an adjustment already has its charge; a task gets its charges when it is
// visited.
struct Item {
  OwnedLine line;
  bool priced = false;
  std::size_t order = 0;
};

// Items in order, passed from the reading thread to the visiting thread.
class Batch {
 public:
  static constexpr std::size_t kItems = 512;

  Item& add() {
    if (count_ == items_.size()) {
      items_.emplace_back();
    }
    Item& item = items_[count_];
    item.order = count_++;
    return item;
  }
  // All items added since the last call have the same instant.
  void end_instant() {
    const auto begin = items_.begin() + static_cast<std::ptrdiff_t>(sorted_);
    const auto end = items_.begin() + static_cast<std::ptrdiff_t>(count_);
    if (count_ - sorted_ > 1) {
      std::sort(begin, end, [](const Item& left, const Item& right) {
        return std::tie(left.line.task.task_id, left.line.task.account, left.order) <
               std::tie(right.line.task.task_id, right.line.task.account, right.order);
      });
    }
    sorted_ = count_;
  }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] Item& item(std::size_t index) { return items_[index]; }
  void clear() { count_ = sorted_ = 0; }

 private:
  std::vector<Item> items_;  // reused, so that their texts keep their memory
  std::size_t count_ = 0;
  std::size_t sorted_ = 0;
};

// A fixed number of batches, passed back and forth between two threads.
class BatchRing {
 public:
  BatchRing() {
    for (Batch& batch : batches_) {
      empty_.push_back(&batch);
    }
  }

  // Called by the reading thread. Null after stop().
  Batch* take_empty() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopped_ || !empty_.empty(); });
    if (stopped_) {
      return nullptr;
    }
    Batch* batch = empty_.front();
    empty_.pop_front();
    return batch;
  }
  void give_full(Batch* batch) {
    const std::lock_guard lock(mutex_);
    full_.push_back(batch);
    changed_.notify_all();
  }
  // No more batches follow. If there is a failure, the visiting thread gets it after it has visited
  // the rest.
  void end(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    failure_ = std::move(failure);
    changed_.notify_all();
  }

  // Called by the visiting thread. Null at the end.
  Batch* take_full() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_ || !full_.empty(); });
    if (full_.empty()) {
      if (failure_) {
        std::rethrow_exception(failure_);
      }
      return nullptr;
    }
    Batch* batch = full_.front();
    full_.pop_front();
    return batch;
  }
  void give_empty(Batch* batch) {
    batch->clear();
    const std::lock_guard lock(mutex_);
    empty_.push_back(batch);
    changed_.notify_all();
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

 private:
  static constexpr std::size_t kBatches = 4;
  std::array<Batch, kBatches> batches_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch*> empty_;
  std::deque<Batch*> full_;
  bool ended_ = false;
  bool stopped_ = false;
  std::exception_ptr failure_;
};

// The three sources of lines.
struct Sources {
  std::unique_ptr<TaskCursor> tasks;
  std::unique_ptr<LineCursor> frozen;
  const std::vector<OwnedLine>& adjustments;
  std::size_t next_adjustment = 0;

  [[nodiscard]] std::optional<UtcTime> next_time() const {
    std::optional<UtcTime> next;
    const auto consider = [&next](UtcTime time) { next = std::min(time, next.value_or(time)); };
    if (!tasks->at_end()) {
      consider(tasks->time());
    }
    if (!frozen->at_end()) {
      consider(frozen->time());
    }
    if (next_adjustment < adjustments.size()) {
      consider(adjustments[next_adjustment].task.billed_at);
    }
    return next;
  }

  // `closed`: a task in the time of a closed period came late, and is among the adjustments.
  void take(UtcTime time, bool closed, Batch& batch) {
    while (!frozen->at_end() && frozen->time() == time) {
      Item& item = batch.add();
      item.priced = true;
      frozen->take(item.line);
    }
    for (; next_adjustment < adjustments.size() &&
           adjustments[next_adjustment].task.billed_at == time;
         ++next_adjustment) {
      Item& item = batch.add();
      item.priced = true;
      item.line = adjustments[next_adjustment];
    }
    FinishedTask late;
    while (!tasks->at_end() && tasks->time() == time) {
      if (closed) {
        tasks->take(late);
        continue;
      }
      Item& item = batch.add();
      item.priced = false;
      tasks->take(item.line.task);
    }
  }
};

// Reads all lines into the ring.
void read_lines(Sources& sources, const std::vector<ClosedPeriod>& closed, BatchRing& ring) {
  Batch* batch = ring.take_empty();
  while (batch != nullptr) {
    const auto time = sources.next_time();
    if (!time) {
      ring.give_full(batch);
      return;
    }
    sources.take(*time, closed_period_at(closed, *time) != nullptr, *batch);
    batch->end_instant();
    if (batch->size() >= Batch::kItems) {
      ring.give_full(batch);
      batch = ring.take_empty();
    }
  }
}

void visit_item(Item& item, const Pricing& pricing, const TimeZone& zone,
                const std::function<void(const ReportLine&)>& visit) {
  if (item.priced) {
    visit(item.line.view());
    return;
  }
  const FinishedTask& task = item.line.task;
  std::vector<Charge> charges = charges_of(task, pricing, zone);
  if (pricing.resale_places != nullptr) {
    charges.front().resale_tiers =
        resale_tiers_of(task, charges, pricing.terms->resale->book, zone, *pricing.resale_places);
  }
  for (const Charge& charge : charges) {
    visit({.task = task, .charge = charge});
  }
}

// Stops and joins the reading thread, also if a visit throws.
class ReadingThread {
 public:
  ReadingThread(Sources& sources, const std::vector<ClosedPeriod>& closed, BatchRing& ring)
      : ring_(ring), thread_([&sources, &closed, &ring] {
          try {
            read_lines(sources, closed, ring);
            ring.end(nullptr);
          } catch (...) {
            ring.end(std::current_exception());
          }
        }) {}
  ~ReadingThread() {
    ring_.stop();
    thread_.join();
  }
  ReadingThread(const ReadingThread&) = delete;
  ReadingThread& operator=(const ReadingThread&) = delete;

 private:
  BatchRing& ring_;
  std::thread thread_;
};

}  // namespace

void each_merged_line(LineSources from, const std::vector<ClosedPeriod>& closed,
                      const Pricing& pricing, const TimeZone& zone,
                      const std::function<void(const ReportLine&)>& visit) {
  Sources sources{.tasks = std::move(from.tasks),
                  .frozen = std::move(from.frozen),
                  .adjustments = from.adjustments};
  // Reading the ledger and processing the lines take about the same time: each has its own thread.
  BatchRing ring;
  const ReadingThread reading(sources, closed, ring);
  while (Batch* batch = ring.take_full()) {
    for (std::size_t i = 0; i < batch->size(); ++i) {
      visit_item(batch->item(i), pricing, zone, visit);
    }
    ring.give_empty(batch);
  }
}

}  // namespace core
