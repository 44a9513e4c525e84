#include "storage/statements/account_names.h"

#include "core/error.h"

namespace storage {

const std::string& AccountNames::name(std::int64_t key) const {
  const auto found = names_.find(key);
  if (found == names_.end()) {
    throw core::Error("a task's account is not in the ledger; run `reeltally db check`");
  }
  return found->second;
}

}  // namespace storage
