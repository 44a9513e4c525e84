#include "core/engine/task_window.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace core {
namespace {

using std::chrono::seconds;

constexpr SteadyTime kNow{std::chrono::hours(1)};

TaskRecord task(TaskKey key) {
  return {.key = key, .id = std::get<TaskId>(TaskId::parse("task_" + std::to_string(key)))};
}

TEST(TaskWindow, MakesTasksReadyInTheOrderInWhichTheyAreDue) {
  TaskWindow window;
  const std::size_t late = window.hold(task(1));
  const std::size_t soon = window.hold(task(2));
  const std::size_t at_once = window.hold(task(3));
  const std::size_t soon_too = window.hold(task(4));
  window.queue(late, kNow + seconds(2), kNow);
  window.queue(soon, kNow + seconds(1), kNow);
  window.queue(at_once, kNow, kNow);
  window.queue(soon_too, kNow + seconds(1), kNow);
  EXPECT_EQ(window.ready(), 1U);
  EXPECT_EQ(window.next_due(), kNow + seconds(1));
  window.advance(kNow + seconds(2));
  std::vector<std::size_t> order;
  while (window.ready() > 0) {
    order.push_back(window.take_ready());
  }
  EXPECT_EQ(order, (std::vector<std::size_t>{at_once, soon, soon_too, late}));
  EXPECT_EQ(window.next_due(), std::nullopt);
}

TEST(TaskWindow, UsesSlotsAgain) {
  TaskWindow window;
  const std::size_t slot = window.hold(task(1));
  window[slot].asked = true;
  window.release(slot);
  EXPECT_FALSE(window.is_held(slot));
  EXPECT_EQ(window.hold(task(2)), slot);
  EXPECT_FALSE(window[slot].asked);  // nothing of the previous task remains
  EXPECT_EQ(window.held(), 1U);
}

TEST(TaskWindow, FindsATaskThatIsHeldForItsOwnSake) {
  TaskWindow window;
  const std::size_t recheck = window.hold(task(7));
  window[recheck].recheck_for = 1;
  EXPECT_EQ(window.find(7), std::nullopt);
  const std::size_t slot = window.hold(task(7));
  EXPECT_EQ(window.find(7), slot);
  EXPECT_EQ(window.find(8), std::nullopt);
}

TEST(TaskWindow, QueriesATaskOfALiveFetchNoMoreThanOnceAMinute) {
  TaskWindow window;
  const std::size_t slot = window.hold(task(1));
  window[slot].live_fetch = true;
  window[slot].started = kNow;
  window.note_live_fetch(slot, kNow);
  window.queue(slot, kNow + seconds(5), kNow + seconds(5));
  EXPECT_EQ(window.ready(), 0U);
  EXPECT_EQ(window.next_due(), kNow + TaskWindow::kLiveFetchPause);
  window.release(slot);
  EXPECT_EQ(window.last_live_fetch(1), kNow);  // also after the task has left
  EXPECT_EQ(window.last_live_fetch(2), std::nullopt);
}

#ifndef NDEBUG
TEST(TaskWindowDeathTest, RefusesASlotThatHoldsNoTask) {
  TaskWindow window;
  const std::size_t slot = window.hold(task(1));
  window.release(slot);
  EXPECT_DEATH(window.release(slot), "is_held");
  EXPECT_DEATH(window.queue(slot, kNow, kNow), "is_held");
  EXPECT_DEATH(static_cast<void>(window[slot]), "is_held");
  EXPECT_DEATH(static_cast<void>(window.take_ready()), "ready_");
}
#endif

}  // namespace
}  // namespace core
