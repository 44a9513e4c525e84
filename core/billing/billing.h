// From what is known of a finished task to its lines of a billing report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/billing/period.h"
#include "core/billing/price_book.h"
#include "core/clock.h"
#include "core/domain/money.h"
#include "core/domain/task.h"

namespace core {

/// Where the time comes from that puts a task into a period. One that the gateway did not name is
/// noted.
enum class BilledAt { named, first_seen_finished, first_seen };

/// A task whose final snapshot is known. Times and counts as in the ledger.
struct FinishedTask {
  std::string account;
  std::string task_id;
  bool succeeded = false;
  TaskFacts facts;
  Labels labels;
  UtcTime billed_at{};  ///< what puts the task into a period
  BilledAt billed_at_source = BilledAt::named;
  std::int64_t snapshot = 0;  ///< the last one of the final state
  std::string raw_sha256;     ///< of its answer: 64 lower-case hex digits
  bool lost = false;          ///< a video's link died before the video was fetched
  /// The account whose line charges for it, since that one asked about the same task of the same
  /// gateway; empty: it is charged here.
  std::string charged_under;
};

/// What a line charges for. `super_resolution` stands beside `main`.
enum class LineKind { main, super_resolution };

/// A row of the report, all of it but the columns that are copied from its task.
struct Charge {
  LineKind kind = LineKind::main;
  std::string line_id;
  std::optional<PriceUnit> unit;
  std::optional<Decimal> quantity;
  std::optional<Decimal> unit_price;
  std::string currency;
  std::optional<Decimal> cost;  ///< none: unknown, with the reason in `cost_note`
  std::string cost_note;
};

/// How amounts are made.
struct Pricing {
  const PriceBook* prices = nullptr;               ///< null: none was given
  std::optional<int> round_places = std::nullopt;  ///< half to even, each line
};

/// The charges of a task, at least one, `main` first (gateway.md, section 8):
///  - a failed task costs 0, note `failed` (B4), and what its answer keeps of a quota is noted;
///  - a success costs quantity times price, never 0 for want of a price or a count;
///  - a success that another account is charged for costs 0, and the note names that account;
///  - download states play no part (B7).
/// Pure: the same arguments give the same lines in every place (B9).
[[nodiscard]] std::vector<Charge> charges_of(const FinishedTask& task, const Pricing& pricing,
                                             const TimeZone& zone);

/// Whether the line costs nothing since another account's line charges for its task; also of a
/// frozen line, and of one that takes such a line back.
[[nodiscard]] bool is_charged_elsewhere(const Charge& charge);

/// Whether the final answer of a failed task still names a quota. That is a hint and no proof that
/// the gateway kept the charge: some builds refund it and show it on (gateway.md, G6).
[[nodiscard]] bool is_not_shown_as_refunded(const FinishedTask& task);

/// The resolution that tokens of a generation are priced by; empty: it is not known.
[[nodiscard]] const std::string& generated_resolution(const TaskFacts& facts);

/// Rounds the cost of a charge that was made without rounding.
void round_cost(Charge& charge, const std::optional<int>& places);

/// A row of a report. What it refers to lives elsewhere.
struct ReportLine {
  const FinishedTask& task;
  const Charge& charge;
  std::string_view adjusts{};    ///< the line, or the closed period, that it corrects; else empty
  bool reversal = false;         ///< takes another line back: its counts and cost are negated
  std::int64_t incurred_in = 0;  ///< key of the closed period that it is about; 0: of none
  /// Of a line that corrects a closed period: when the cost was incurred, within that period.
  UtcTime incurred_at{};

  /// Whether the report lacks an amount for want of this line's cost. What takes back a line that
  /// had none takes nothing from any sum.
  [[nodiscard]] bool lacks_cost() const { return !charge.cost && !reversal; }
  [[nodiscard]] bool corrects() const { return !adjusts.empty(); }
};

/// "SNAPSHOT-SHA12" and for super resolution "SNAPSHOT-SHA12-sr": the number of the snapshot that
/// the line rests on and the first 12 digits of the SHA-256 of its raw answer. Snapshots are never
/// changed, renumbered or deleted, so the ID is the same for ever; the answer names the task, so
/// two ledgers do not share IDs; and the ID alone leads back to the bytes (B2). `revision`: 1, and
/// one more for each time that other prices replaced the line: "SNAPSHOT-SHA12-r2".
[[nodiscard]] std::string line_id(std::int64_t snapshot, std::string_view raw_sha256, LineKind kind,
                                  std::int64_t revision = 1);

/// What a line ID names.
struct LineOrigin {
  std::int64_t snapshot = 0;
  std::string sha256_begin;  ///< 12 hex digits, to be compared
};
/// Also of adjustment lines; none for a text that is no line ID.
[[nodiscard]] std::optional<LineOrigin> origin_of_line(std::string_view line_id);

/// What the note of such a line begins with.
inline constexpr std::string_view kReversalNote = "reversal";
/// The ID of the line that takes `line_id` back.
[[nodiscard]] std::string reversal_id(std::string_view line_id);
/// Whether it is such an ID.
[[nodiscard]] bool is_reversal_id(std::string_view line_id);
/// The kind of the line with this ID; of the line that it takes back.
[[nodiscard]] LineKind kind_of_line(std::string_view line_id);

}  // namespace core
