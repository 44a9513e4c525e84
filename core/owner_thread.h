// Which thread an object belongs to.
#pragma once

#ifndef NDEBUG
#include <thread>
#endif

namespace core {

/// Remembers the thread that created it, for assertions at the top of methods:
/// `assert(owner_.is_here())`. Without assertions it costs nothing.
class OwnerThread {
 public:
#ifdef NDEBUG
  OwnerThread() {}  // constants of this type need a constructor when it has no members
  [[nodiscard]] bool is_here() const { return true; }
#else
  [[nodiscard]] bool is_here() const { return std::this_thread::get_id() == owner_; }

 private:
  std::thread::id owner_ = std::this_thread::get_id();
#endif
};

}  // namespace core
