// The state of the run's keys; the gateway is queried about each at most once.
#pragma once

#include <cassert>
#include <map>
#include <optional>
#include <utility>

#include "core/engine/transport.h"
#include "core/gateway/key_standing.h"

namespace core {

/// Pure. Accounts are numbered as in TaskRecord::account. One thread.
class KeyInquiry {
 public:
  /// While this is true, no task may be queried.
  [[nodiscard]] bool is_open() const { return to_ask_ || asked_; }
  /// The account whose key is to be queried now (kKeyUsagePath).
  [[nodiscard]] std::optional<int> to_ask() const { return to_ask_; }

  void want(int account) {
    assert(!is_open());
    to_ask_ = account;
  }
  void asking() {
    assert(to_ask_ && !asked_);
    asked_ = std::exchange(to_ask_, std::nullopt);
  }
  /// Takes the answer; null if there was none. Returns the account it belongs to.
  int settle(const QueryAnswer* answer);

  [[nodiscard]] bool is_known(int account) const { return keys_.contains(account); }
  /// KeyStanding::Kind::unknown if it was not queried.
  [[nodiscard]] KeyStanding standing(int account) const;
  [[nodiscard]] bool has_model_list(int account) const;

 private:
  std::map<int, KeyStanding> keys_;  // by account
  std::optional<int> to_ask_;
  std::optional<int> asked_;
};

}  // namespace core
