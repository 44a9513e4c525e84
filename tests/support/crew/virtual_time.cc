#include "tests/support/crew/virtual_time.h"

#include <algorithm>
#include <thread>

namespace support {
namespace {

thread_local std::size_t own_number = 0;

}  // namespace

void VirtualTime::run(const std::vector<std::function<void()>>& bodies) {
  sleepers_.clear();
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    sleepers_.push_back(std::make_unique<Sleeper>());
    sleepers_.back()->until = now_;
  }
  turn_ = 0;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    threads.emplace_back([this, i, &body = bodies[i]] {
      own_number = i;
      {
        std::unique_lock lock(mutex_);
        wait_for_turn(lock, i);
      }
      body();
      const std::lock_guard lock(mutex_);
      sleepers_[i]->ended = true;
      pass_on();
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

void VirtualTime::sleep_until(core::SteadyTime until) {
  std::unique_lock lock(mutex_);
  sleepers_[own_number]->until = until;
  pass_on();
  wait_for_turn(lock, own_number);
}

void VirtualTime::wait_for_turn(std::unique_lock<std::mutex>& lock, std::size_t me) {
  sleepers_[me]->wake.wait(lock, [&] { return turn_ == me; });
}

void VirtualTime::pass_on() {
  Sleeper* next = nullptr;
  for (std::size_t i = 0; i < sleepers_.size(); ++i) {
    Sleeper& one = *sleepers_[i];
    if (!one.ended && (next == nullptr || one.until < next->until)) {
      next = &one;
      turn_ = i;
    }
  }
  if (next != nullptr) {
    now_ = std::max(now_, next->until);
    next->wake.notify_one();
  }
}

}  // namespace support
