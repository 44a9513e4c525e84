// The inputs of a run: opened before anything is asked, then read row by row.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cmd/cli/accounts.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "core/input/input_file.h"
#include "core/input/task_list.h"

namespace cmd {

struct InputCounts {
  std::uint64_t rows_read = 0;
  std::uint64_t rows_rejected = 0;
  std::uint64_t rows_told_before = 0;  ///< of the rejected ones: not named again
  std::uint64_t comments = 0;          ///< lines skipped since they begin with `#`
  std::uint64_t repeated_headers = 0;  ///< rows skipped since they are a header again
};

/// All FILEs of a run, and its part of a list that several machines share.
class RunInputs {
 public:
  /// Rejected rows named one by one; what comes after them is only counted.
  static constexpr std::uint64_t kRejectedNamedMax = 100;

  /// Opens every input. Throws core::UsageError when there is none and none can be had (standard
  /// input is a terminal and --pending is not given), when one cannot be read or lacks the column.
  RunInputs(const Settings& settings, Log& log);
  RunInputs(const RunInputs&) = delete;  // the lists know its patience by address
  RunInputs& operator=(const RunInputs&) = delete;

  /// The accounts that the rows may belong to, the chosen one first: others only when an input has
  /// a column named `account`, and then all that have a key of their own in the configuration.
  [[nodiscard]] const std::vector<Account>& accounts() const { return accounts_; }

  /// `account` is an index of `accounts`.
  using Take = std::function<void(const core::WantedTask& task, std::size_t account)>;
  /// Whether the row was told of before, and need not be named again.
  using Reject = std::function<bool(const core::RejectedRow& row)>;
  /// Reads all rows; rejected ones are given to `reject` and, unless that says otherwise, named in
  /// the log. Throws core::Stopped when the patience is over before the end.
  void read(const Take& take, const Reject& reject);
  void set_patience(const core::InputPatience& patience) { patience_ = patience; }

  /// Of what was read so far.
  [[nodiscard]] InputCounts counts() const;
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// What rejected rows call the inputs.
  [[nodiscard]] std::vector<std::string> sources() const;

 private:
  [[nodiscard]] bool is_ours(const core::TaskId& id) const;
  void find_accounts(const Settings& settings);
  [[nodiscard]] std::optional<std::size_t> account_of(const core::WantedTask& task) const;
  void refuse(const core::RejectedRow& row, const Reject& reject);

  Log& log_;
  core::InputPatience patience_;  // until the first row of each is there: for --deadline alone
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<core::TaskList>> lists_;
  std::vector<Account> accounts_;
  std::uint64_t shard_ = 1;
  std::uint64_t shards_ = 1;
  InputCounts counts_;
};

}  // namespace cmd
