// The inputs of a run: all are opened before the first query, then read row by row.
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
  std::uint64_t rows_told_before = 0;  ///< rejected rows that an earlier run named
  std::uint64_t comments = 0;          ///< lines skipped because they begin with `#`
  std::uint64_t repeated_headers = 0;  ///< rows skipped because they repeat the header
};

/// All FILEs of a run, and the gateway's list of tasks (--from-gateway), limited to the rows of its
/// --shard.
class RunInputs {
 public:
  /// This many rejected rows are named one by one; further ones are only counted.
  static constexpr std::uint64_t kRejectedNamedMax = 100;

  /// Opens every input. Throws core::UsageError if there is no input (standard input is a terminal,
  /// and neither --pending nor --from-gateway is given), if one cannot be read or lacks the column
  /// of the IDs, if the options of the gateway's list do not fit the others, or without a usable
  /// user access token for that list.
  RunInputs(const Settings& settings, Log& log);
  RunInputs(const RunInputs&) = delete;  // the lists hold a pointer to patience_
  RunInputs& operator=(const RunInputs&) = delete;

  /// The accounts of the rows, the one of --account first. There are others only if an input has a
  /// column `account`: then all that have a key of their own in the configuration.
  [[nodiscard]] const std::vector<Account>& accounts() const { return accounts_; }

  /// `account` is an index of `accounts`.
  using Take = std::function<void(const core::WantedTask& task, std::size_t account)>;
  /// True if an earlier run named the row, so that it is not named again.
  using Reject = std::function<bool(const core::RejectedRow& row)>;
  /// Reads all rows. Rejected rows go to `reject`, and into the log unless it returns true. Throws
  /// core::Stopped if the patience ends before the inputs do, and after the FILEs
  /// core::ListUnreadable or core::Refused if the gateway's list cannot be read.
  void read(const Take& take, const Reject& reject);
  void set_patience(const core::InputPatience& patience) { patience_ = patience; }

  /// Whether all inputs, at least one, are regular files, so that reading does not wait for
  /// anybody.
  [[nodiscard]] bool are_files() const;

  /// Counts of the rows read so far.
  [[nodiscard]] InputCounts counts() const;
  /// The FILEs.
  [[nodiscard]] const std::vector<std::string>& files() const { return names_; }
  /// The FILEs and the gateway's list, for the record.
  [[nodiscard]] std::vector<std::string> names() const;
  /// The names of the inputs in rejected rows.
  [[nodiscard]] std::vector<std::string> sources() const;

 private:
  [[nodiscard]] bool is_ours(const core::TaskId& id) const;
  void find_accounts(const Settings& settings);
  void require_user_tokens() const;
  [[nodiscard]] std::optional<std::size_t> account_of(const core::WantedTask& task) const;
  void refuse(const core::RejectedRow& row, const Reject& reject);
  void read_gateway(const Take& take, const Reject& reject);
  void read_entries(const Take& take,
                    const std::function<void(const core::RejectedRow&)>& refuse_entry);
  [[nodiscard]] bool is_out_of_patience() const;

  const Settings& settings_;
  Log& log_;
  core::InputPatience patience_;  // used until each list has its first row, then for --deadline
  std::vector<std::string> names_;
  bool from_gateway_;
  std::vector<std::unique_ptr<core::TaskList>> lists_;
  std::vector<Account> accounts_;
  std::uint64_t shard_ = 1;
  std::uint64_t shards_ = 1;
  InputCounts counts_;
};

}  // namespace cmd
