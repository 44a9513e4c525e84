// The JSON objects that --json prints and their keys. tests/e2e/test_reference.py holds the program
// to this table.
#pragma once

#include <array>
#include <string_view>

namespace packaging {

struct JsonObject {
  std::string_view commands;  ///< that print it
  std::string_view type;      ///< the value of its key `type`
  std::string_view keys;      ///< the others, in their order; in brackets those that not each has
  std::string_view meaning;
};

/// Without those whose keys the program's own functions say: see reference.cc.
inline constexpr std::array<JsonObject, 30> kJsonObjects{{
    {"status --crew", "crew_run",
     "run_id host state started_at alive_until finished_at exit_code rate_share answers open_tasks "
     "open_videos",
     "a run of a crew"},
    {"status --line", "line",
     "line_id account task_id snapshot_id run_id observed_at http_status code status progress "
     "raw_bytes raw_sha256 answer",
     "the answer from which a report line was made"},
    {"report -o FILE", "manifest",
     "period begin end tz closed_sha256 [head signature invoice_id] time status account label by "
     "format [focus_version] "
     "prices_sha256 "
     "decimal_comma round [closed_round billing_currency rates_sha256 billing_totals unconverted "
     "resale_sha256 resale_totals margin_totals unsold] rows left_out tasks totals totals_complete "
     "unpriced unpriced_by_model charged_under_another_account not_refunded adjustments unfinished "
     "missing finish_in_future written_off schema_version sha256",
     "`FILE.manifest.json` beside the report; keys in brackets only where a hash of the closed "
     "period, an invoice, FOCUS, rates, a resale book or a closed rounding apply; `signature` is "
     "in Base64"},
    {"close", "close",
     "period result tz lines sha256 head signed invoice_id missing unfinished unpriced written_off",
     "a period was closed, or was closed before; `head` is `null` if that was before hashes were "
     "kept"},
    {"close --dry-run", "close",
     "period result tz invoice_id neighbours totals customers [billing_totals resale_totals "
     "margin_totals "
     "gateway_log] and "
     "a count for each reason to refuse",
     "what a closing would have; each of `customers` has `customer tasks totals unpriced`"},
    {"close --reprice", "reprice", "period result adjusts_in lines unpriced totals",
     "what other prices change in a closed period"},
    {"audit", "audit", "period output lines head sha256",
     "a bundle was written; `sha256` is that of its SHA256SUMS"},
    {"reconcile", "difference", "result task_id unit ours theirs", "a line that does not match"},
    {"reconcile", "reconciliation",
     "by matched without_amount only_ours only_theirs different rejected totals",
     "its counts; `totals` has `ours theirs` of each currency, or of `quota`"},
    {"reconcile --from-gateway", "difference", "result task_id request_id ours theirs",
     "a task that does not match the gateway's log; also for an export of it"},
    {"reconcile --from-gateway", "reconciliation",
     "by matched different only_ours only_theirs unfinished unrefunded_failures other_period "
     "kept_quota ours theirs unjoined unjoined_ours unjoined_theirs other_rows other_usage "
     "total_used key_net rows unusable requests",
     "its counts, and sums of quota"},
    {"forecast", "forecast",
     "period tz days days_over [model action resolution account label_NAME] tasks unpriced so_far "
     "estimate",
     "a group of lines, with the keys of `--by`; `so_far` and `estimate` by currency"},
    {"forecast", "forecast_total", "period tz days days_over tasks unpriced so_far estimate",
     "all lines"},
    {"import", "import", "run_id exit_code listed tasks added rejected not_videos requests seconds",
     "what the gateway's list had"},
    {"verify", "finding", "result path [account task_id video_index bytes found_bytes]",
     "a file or a recorded video that is not as it should be"},
    {"verify", "verification",
     "deep whole missing short changed unreadable unknown requeued given_up_requeued bytes",
     "its counts"},
    {"doctor", "check", "name result text advice", "a finding"},
    {"run --sidecar", "reeltally video",
     "task_id account video_index model status finished_at file bytes sha256 checks labels",
     "not a line, but the file beside a video"},
    {"config", "setting", "name value origin", "a setting"},
    {"config", "account", "name base_url key user_token [focus]", "an account"},
    {"config", "budget", "name amount currency label",
     "a budget; `label` is a list of NAME=VALUE, empty for all tasks"},
    {"forget", "refused", "task_id reason", "a task that cannot be taken back"},
    {"forget", "forgotten", "tasks refused answered", "the counts"},
    {"prices check", "finding", "file line kind text", "something wrong with a price book"},
    {"report --check", "finding", "period kind text", "something to look into"},
    {"db migrate", "migration", "from to backup", "numbers of schemas"},
    {"db check", "fault", "text", "damage"},
    {"db check", "gap", "text", "time that belongs to no closed period"},
    {"db check", "check", "faults tasks_under_two_accounts", "the counts"},
    {"db prune", "prune", "tasks answers bytes_freed lines_kept", "what was deleted"},
}};

}  // namespace packaging
