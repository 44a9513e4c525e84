// Makes the lines of a billing report from a finished task.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/billing/ladder.h"
#include "core/billing/period.h"
#include "core/billing/price_book.h"
#include "core/billing/terms.h"
#include "core/clock.h"
#include "core/domain/money.h"
#include "core/domain/task.h"

namespace core {

/// The origin of the time that assigns a task to a period. A time that the gateway did not state is
/// marked in a note.
enum class BilledAt { named, first_seen_finished, first_seen };

/// The note; empty for `named`.
[[nodiscard]] std::string_view note_of(BilledAt source);

/// A task whose final snapshot is known. Times and counts as in the ledger.
struct FinishedTask {
  std::string account;
  std::string task_id;
  bool succeeded = false;
  TaskFacts facts;
  Labels labels;
  UtcTime billed_at{};  ///< assigns the task to a period
  BilledAt billed_at_source = BilledAt::named;
  std::int64_t snapshot = 0;  ///< the last one of the final state
  std::string raw_sha256;     ///< of its answer: 64 lower-case hex digits
  bool lost = false;          ///< a video's link expired before the download
  /// The account whose line charges for the task, if it queried the same task of the same gateway;
  /// empty: charged here.
  std::string charged_under;
};

/// What a line charges for. A `super_resolution` line is added to a `main` line.
enum class LineKind { main, super_resolution };

/// A row of the report without the columns that are copied from its task.
struct Charge {
  LineKind kind = LineKind::main;
  std::string line_id;
  std::optional<PriceUnit> unit;
  std::optional<Decimal> quantity;
  std::optional<Decimal> unit_price;
  std::string currency;
  std::optional<Decimal> cost;  ///< none: unknown, with the reason in `cost_note`
  std::string cost_note;
  /// Of a first line: where its task begins in the tiers of the resale book (resale.h). Empty: it
  /// has no place there.
  std::string resale_tiers{};
};

/// How amounts are computed.
struct Pricing {
  const PriceBook* prices = nullptr;  ///< null: none was given
  /// For lines that belong to no closed period with own terms; null: none.
  const Terms* terms = nullptr;
  std::optional<Rounding> round{};  ///< of each line, after its terms
  /// Where lines begin in the ladders of the book; null: not known, so that these have no cost.
  LadderPlaces* places = nullptr;
  /// The same for the ladders of the resale book of `terms`; null: it has none.
  LadderPlaces* resale_places = nullptr;
};

/// The charges of a task, unrounded, at least one, `main` first (gateway.md, section 8):
///  - a failed task costs 0, with the note `failed` (B4); a remaining quota in its answer is noted;
///  - a success costs quantity times price, and never 0 because a price or a count is missing;
///  - a success that is charged under another account costs 0, and the note names that account;
///  - a ladder charges each part of a quantity by its tier: `unit_price` is empty if there are
///    several, and the note has where the line begins (LadderNote);
///  - download states have no influence (B7).
/// Pure: the same arguments, `pricing.places` included, always give the same lines (B9).
[[nodiscard]] std::vector<Charge> charges_of(const FinishedTask& task, const Pricing& pricing,
                                             const TimeZone& zone);

/// Why a report cannot sum up the amount; empty if it can.
[[nodiscard]] std::string amount_failure(const Decimal& amount);

/// Whether the line costs nothing because another account's line charges for its task; works also
/// for a frozen line and for a reversal.
[[nodiscard]] bool is_charged_elsewhere(const Charge& charge);

/// Whether the final answer of a failed task still shows a quota. That is a hint, not a proof that
/// the gateway kept the charge: some builds show the quota after a refund (gateway.md, G6).
[[nodiscard]] bool is_not_shown_as_refunded(const FinishedTask& task);

/// The quota that the gateway keeps for a task: of a failed one 0, because it is refunded, even if
/// its answer still has a quota (design.md B4). None: not known.
[[nodiscard]] std::optional<Decimal> kept_quota(const FinishedTask& task);

/// The resolution that decides the price of a generation's tokens; empty: unknown.
[[nodiscard]] const std::string& generated_resolution(const TaskFacts& facts);

/// The cost of a line in the currency of the bill.
struct Conversion {
  std::string currency;
  std::optional<Decimal> cost;  ///< none: unknown, with the reason in `note`
  std::optional<Decimal> rate;  ///< none: there is no rate, or none is needed
  std::string note;             ///< the date and source of the rate, or why there is none
};

/// What the customer pays for a line.
struct Resale {
  std::string currency;
  std::optional<Decimal> amount;  ///< none: unknown, with the reason in `note`
  std::optional<Decimal> margin;  ///< the amount less the cost
  std::string note;
};

/// A row of a report. It only refers to its data.
struct ReportLine {
  const FinishedTask& task;
  const Charge& charge;
  std::string_view adjusts{};    ///< the line, or the closed period, that it corrects; else empty
  bool reversal = false;         ///< reverses another line: counts and cost are negated
  std::int64_t incurred_in = 0;  ///< key of the closed period that it concerns; 0: none
  /// For a line that corrects a closed period: when the cost was incurred, within that period.
  UtcTime incurred_at{};
  UtcTime reversed_at{};  ///< for a reversal: the time of the line that it reverses
  const Conversion* conversion = nullptr;  ///< null: amounts are not converted
  const Resale* resale = nullptr;          ///< null: there is no resale book
  const Rounding* rounding = nullptr;      ///< by which the cost was rounded; null: it is exact
  bool reverses_inside = false;            ///< a reversal; the report also has what it reverses

  /// Whether the report lacks an amount because this line has no cost. The reversal of a line
  /// without a cost changes no sum.
  [[nodiscard]] bool lacks_cost() const { return !charge.cost && !reversal; }
  /// What it adds to the number of lines without a cost: -1 if it reverses one that was counted.
  [[nodiscard]] std::int64_t lacking_costs() const { return counted(!charge.cost); }
  /// The same for lines that have a cost, but not in the billing currency.
  [[nodiscard]] std::int64_t lacking_conversions() const {
    return counted(conversion != nullptr && charge.cost && !conversion->cost);
  }
  /// The same for lines of which it is unknown what the customer pays.
  [[nodiscard]] std::int64_t lacking_resales() const {
    return counted(resale != nullptr && !resale->amount);
  }
  [[nodiscard]] bool corrects() const { return !adjusts.empty(); }

 private:
  [[nodiscard]] std::int64_t counted(bool lacks) const {
    return !lacks ? 0 : !reversal ? 1 : reverses_inside ? -1 : 0;
  }
};

/// "SNAPSHOT-SHA12", or "SNAPSHOT-SHA12-sr" for super resolution: the number of the line's
/// snapshot, and the first 12 digits of the SHA-256 of its raw answer. Snapshots are never changed,
/// renumbered or deleted, so the ID is permanent; the answer names the task, so two ledgers do not
/// share IDs; and the ID alone identifies the bytes (B2). `revision`: 1, plus one for each time
/// that other prices replaced the line: "SNAPSHOT-SHA12-r2".
[[nodiscard]] std::string line_id(std::int64_t snapshot, std::string_view raw_sha256, LineKind kind,
                                  std::int64_t revision = 1);

/// The snapshot that a line ID names.
struct LineOrigin {
  std::int64_t snapshot = 0;
  std::string sha256_begin;  ///< 12 hex digits, to be compared with the hash
};
/// Also for adjustment lines; none if the text is not a line ID.
[[nodiscard]] std::optional<LineOrigin> origin_of_line(std::string_view line_id);

/// The first word in the note of a reversal.
inline constexpr std::string_view kReversalNote = "reversal";
/// The ID of the line that reverses `line_id`.
[[nodiscard]] std::string reversal_id(std::string_view line_id);
/// Whether the ID is that of a reversal.
[[nodiscard]] bool is_reversal_id(std::string_view line_id);
/// The kind of the line with this ID; for a reversal, the kind of the reversed line.
[[nodiscard]] LineKind kind_of_line(std::string_view line_id);

}  // namespace core
