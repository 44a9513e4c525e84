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
  // The last item is behind all before it.
  void keep_last() { sorted_ = count_; }
  // Removes all items that were added since then.
  void drop_instant() { count_ = sorted_; }
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

auto place_of(const FinishedTask& task) { return std::tie(task.task_id, task.account); }

template <typename Item>
bool has_at(const TimeCursor<Item>& cursor, UtcTime time) {
  return !cursor.at_end() && cursor.time() == time;
}

template <typename Item>
void skip(TimeCursor<Item>& cursor, UtcTime time) {
  if (!has_at(cursor, time)) {
    return;  // no item is made for nothing
  }
  for (Item item; has_at(cursor, time);) {
    cursor.take(item);
  }
}

// The items of one instant, in order, without having them all in memory.
class OrderedInstant {
 public:
  // `tasks` may be null: there are none. `adjustments`: those of the instant.
  OrderedInstant(std::unique_ptr<LineCursor> frozen, std::vector<const OwnedLine*> adjustments,
                 std::unique_ptr<TaskCursor> tasks)
      : frozen_(std::move(frozen)), adjustments_(std::move(adjustments)), tasks_(std::move(tasks)) {
    std::stable_sort(adjustments_.begin(), adjustments_.end(),
                     [](const OwnedLine* left, const OwnedLine* right) {
                       return place_of(left->task) < place_of(right->task);
                     });
    take_line();
    take_task();
  }

  // False at the end. Of one task, frozen lines come first, then adjustments.
  bool next(Item& item) {
    const FinishedTask* adjusted =
        next_adjustment_ == adjustments_.size() ? nullptr : &adjustments_[next_adjustment_]->task;
    const std::array<const FinishedTask*, 3> heads{has_line_ ? &line_.task : nullptr, adjusted,
                                                   has_task_ ? &task_ : nullptr};
    const FinishedTask* least = nullptr;
    for (const FinishedTask* one : heads) {
      if (one != nullptr && (least == nullptr || place_of(*one) < place_of(*least))) {
        least = one;
      }
    }
    if (least == nullptr) {
      return false;
    }
    item.priced = least != &task_;
    if (least == &line_.task) {
      item.line = line_;
      take_line();
    } else if (least == adjusted) {
      item.line = *adjustments_[next_adjustment_++];
    } else {
      item.line.task = task_;
      take_task();
    }
    return true;
  }

 private:
  void take_line() {
    has_line_ = !frozen_->at_end();
    if (has_line_) {
      frozen_->take(line_);
    }
  }
  void take_task() {
    has_task_ = tasks_ != nullptr && !tasks_->at_end();
    if (has_task_) {
      tasks_->take(task_);
    }
  }

  std::unique_ptr<LineCursor> frozen_;
  std::vector<const OwnedLine*> adjustments_;
  std::unique_ptr<TaskCursor> tasks_;
  OwnedLine line_;  // the next ones, if there are any
  FinishedTask task_;
  bool has_line_ = false;
  bool has_task_ = false;
  std::size_t next_adjustment_ = 0;
};

// Reads all lines into the ring.
class LineReading {
 public:
  LineReading(LineSources& from, const std::vector<ClosedPeriod>& closed, BatchRing& ring)
      : from_(from), closed_(closed), ring_(ring) {}

  void run() {
    for (batch_ = ring_.take_empty(); batch_ != nullptr;) {
      const auto time = next_time();
      if (!time) {
        ring_.give_full(batch_);
        return;
      }
      read(*time);
    }
  }

 private:
  [[nodiscard]] std::optional<UtcTime> next_time() const {
    std::optional<UtcTime> next;
    const auto consider = [&next](UtcTime time) { next = std::min(time, next.value_or(time)); };
    if (!from_.tasks->at_end()) {
      consider(from_.tasks->time());
    }
    if (!from_.frozen->at_end()) {
      consider(from_.frozen->time());
    }
    if (next_adjustment_ < from_.adjustments.size()) {
      consider(from_.adjustments[next_adjustment_].task.billed_at);
    }
    return next;
  }

  void read(UtcTime time) {
    // A task in the time of a closed period came late, and is among the adjustments.
    const bool closed = closed_period_at(closed_, time) != nullptr;
    const std::vector<const OwnedLine*> adjustments = adjustments_at(time);
    bool fits = take_frozen(time);
    for (const OwnedLine* line : adjustments) {
      Item& item = batch_->add();
      item.priced = true;
      item.line = *line;
    }
    fits = fits && take_tasks(time, closed);
    skip(*from_.frozen, time);
    skip(*from_.tasks, time);
    if (!fits) {
      batch_->drop_instant();
      read_in_order({from_.frozen_at(time), adjustments, closed ? nullptr : from_.tasks_at(time)});
      return;
    }
    batch_->end_instant();
    give_if_full();
  }

  void read_in_order(OrderedInstant instant) {
    while (batch_ != nullptr && instant.next(batch_->add())) {
      batch_->keep_last();
      give_if_full();
    }
    if (batch_ != nullptr) {
      batch_->drop_instant();
    }
  }

  std::vector<const OwnedLine*> adjustments_at(UtcTime time) {
    std::vector<const OwnedLine*> found;
    for (; next_adjustment_ < from_.adjustments.size() &&
           from_.adjustments[next_adjustment_].task.billed_at == time;
         ++next_adjustment_) {
      found.push_back(&from_.adjustments[next_adjustment_]);
    }
    return found;
  }
  // False, here and below, if there are too many for the memory.
  bool take_frozen(UtcTime time) {
    for (std::size_t i = 0; has_at(*from_.frozen, time); ++i) {
      if (i == from_.instant_max) {
        return false;
      }
      Item& item = batch_->add();
      item.priced = true;
      from_.frozen->take(item.line);
    }
    return true;
  }
  bool take_tasks(UtcTime time, bool closed) {
    for (std::size_t i = 0; !closed && has_at(*from_.tasks, time); ++i) {
      if (i == from_.instant_max) {
        return false;
      }
      Item& item = batch_->add();
      item.priced = false;
      from_.tasks->take(item.line.task);
    }
    return true;
  }
  void give_if_full() {
    if (batch_->size() >= Batch::kItems) {
      ring_.give_full(batch_);
      batch_ = ring_.take_empty();
    }
  }

  LineSources& from_;
  const std::vector<ClosedPeriod>& closed_;
  BatchRing& ring_;
  Batch* batch_ = nullptr;
  std::size_t next_adjustment_ = 0;
};

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
  ReadingThread(LineSources& from, const std::vector<ClosedPeriod>& closed, BatchRing& ring)
      : ring_(ring), thread_([&from, &closed, &ring] {
          try {
            LineReading(from, closed, ring).run();
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
  // Reading the ledger and processing the lines take about the same time: each has its own thread.
  BatchRing ring;
  const ReadingThread reading(from, closed, ring);
  while (Batch* batch = ring.take_full()) {
    for (std::size_t i = 0; i < batch->size(); ++i) {
      visit_item(batch->item(i), pricing, zone, visit);
    }
    ring.give_empty(batch);
  }
}

}  // namespace core
