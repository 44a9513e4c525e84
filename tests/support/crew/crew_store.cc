#include "tests/support/crew/crew_store.h"

#include <algorithm>

namespace support {

bool CrewStore::is_reachable(core::SteadyTime now) const {
  return std::none_of(faults_.away.begin(), faults_.away.end(), [now](const Faults::Times& times) {
    return times.first <= now && now < times.second;
  });
}

CrewStore::Outcome CrewStore::transact(core::SteadyTime now,
                                       const std::function<void(State&)>& body) {
  if (!is_reachable(now)) {
    return Outcome::unreachable;
  }
  const bool is_doubtful = std::bernoulli_distribution(faults_.doubtful)(random_);
  if (is_doubtful && std::bernoulli_distribution()(random_)) {
    return Outcome::in_doubt;  // cut before the COMMIT came
  }
  body(state_);
  return is_doubtful ? Outcome::in_doubt : Outcome::done;
}

}  // namespace support
