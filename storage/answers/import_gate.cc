#include "storage/answers/import_gate.h"

#include <cassert>

namespace storage {

ImportGate::ImportGate(std::optional<core::TaskKey> new_above) {
  if (new_above) {
    standing_ = core::ImportStanding{.new_above = *new_above};
  }
}

void ImportGate::add_batch() {
  const std::lock_guard lock(mutex_);
  assert(standing_ && !standing_->has_ended);
  ++standing_->batches;
}

void ImportGate::end() {
  const std::lock_guard lock(mutex_);
  assert(standing_);
  standing_->has_ended = true;
  ended_.notify_all();
}

std::optional<core::ImportStanding> ImportGate::standing() const {
  const std::lock_guard lock(mutex_);
  return standing_;
}

void ImportGate::await_end() {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return !standing_ || standing_->has_ended; });
}

}  // namespace storage
