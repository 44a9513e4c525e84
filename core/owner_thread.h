// Which thread an object belongs to.
#pragma once

#ifndef NDEBUG
#include <thread>
#endif

namespace core {

/// Remembers the thread that made it. For assertions at the top of methods:
/// `assert(owner_.is_here())`. Costs nothing where assertions are off.
class OwnerThread {
 public:
#ifdef NDEBUG
  OwnerThread() {}  // for constants of this type, which need one where it has no members
  [[nodiscard]] bool is_here() const { return true; }
#else
  [[nodiscard]] bool is_here() const { return std::this_thread::get_id() == owner_; }

 private:
  std::thread::id owner_ = std::this_thread::get_id();
#endif
};

}  // namespace core
