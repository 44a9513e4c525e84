#include "core/engine/key_inquiry.h"

namespace core {

int KeyInquiry::settle(const QueryAnswer* answer) {
  assert(asked_);
  const int account = *std::exchange(asked_, std::nullopt);
  keys_[account] = answer == nullptr
                       ? KeyStanding{}
                       : read_key_standing(answer->http_status, answer->readable_body());
  return account;
}

KeyStanding KeyInquiry::standing(int account) const {
  const auto key = keys_.find(account);
  return key == keys_.end() ? KeyStanding{} : key->second;
}

bool KeyInquiry::has_model_list(int account) const {
  const auto key = keys_.find(account);
  return key != keys_.end() && key->second.has_model_list;
}

}  // namespace core
