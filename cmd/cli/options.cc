#include "cmd/cli/options.h"

#include <algorithm>
#include <array>

namespace cmd {
namespace {

using enum Command;
using enum OptionType;
using Group = OptionGroup;
using Scope = OptionScope;

constexpr CommandSet kAskers = run | doctor;
constexpr CommandSet kWriters = forget | run | close | verify | db_migrate | db_prune;
constexpr CommandSet kPricers = report | close | reconcile;

constexpr OptionSpec kOptions[]{
    // Input
    {.name = "column",
     .type = text,
     .argument = "NAME|N",
     .default_note = "task_id, taskId, task id, Task-ID or id, else the first",
     .group = Group::input,
     .commands = run,
     .help = "Column of the task IDs, by its header or its number from 1."},
    {.name = "delimiter",
     .type = text,
     .argument = "CHAR",
     .default_note = "detected when reading, `,` when writing",
     .group = Group::input,
     .commands = run | report | reconcile,
     .help = "Delimiter of the CSV: one of `,` `;` `|` or `tab`."},
    {.name = "shard",
     .type = text,
     .argument = "I/N",
     .default_note = "every row",
     .group = Group::input,
     .commands = run,
     .help = "Takes only the rows whose ID hashes to I of N, so that N machines share a list."},
    {.name = "relabel",
     .group = Group::input,
     .commands = run,
     .help = "Takes a list's labels and model where the ledger has others, which stand otherwise."},
    {.name = "failed-import",
     .type = text,
     .argument = "RUN",
     .default_note = "none",
     .group = Group::input,
     .commands = forget,
     .help = "Forgets the tasks that this run (its number is in the summary) brought in.",
     .scope = Scope::command_line},
    {.name = "dry-run",
     .group = Group::input,
     .commands = run,
     .help = "Prints the IDs that would be queried, one a line, and asks nobody."},
    {.name = "id-column",
     .type = text,
     .argument = "NAME|N",
     .default_note = "task_id, taskId, task id, Task-ID or id, else the first",
     .group = Group::input,
     .commands = reconcile,
     .help = "Column of the task IDs in FILE, by its header or its number from 1."},
    {.name = "quota-column",
     .type = text,
     .argument = "NAME",
     .default_value = "quota",
     .group = Group::input,
     .commands = reconcile,
     .help = "Column of the gateway's own charge in FILE."},
    {.name = "amount-column",
     .type = text,
     .argument = "NAME",
     .default_value = "cost",
     .group = Group::input,
     .commands = reconcile,
     .help = "Column of the money amount in FILE."},
    {.name = "currency-column",
     .type = text,
     .argument = "NAME",
     .default_value = "currency",
     .group = Group::input,
     .commands = reconcile,
     .help = "Column of the amount's currency in FILE."},
    {.name = "line",
     .type = text,
     .argument = "LINE_ID",
     .default_note = "none",
     .group = Group::input,
     .commands = status,
     .help = "Shows the raw answer behind a line of a report.",
     .scope = Scope::command_line},

    // What is asked about
    {.name = "pending",
     .group = Group::choosing,
     .commands = run,
     .help = "Adds the ledger's unfinished tasks and missing videos; no FILE is needed then."},
    {.name = "refresh",
     .group = Group::choosing,
     .commands = run,
     .help = "Asks about finished tasks again, too."},
    {.name = "stale-after",
     .type = duration,
     .argument = "DURATION",
     .default_value = "36h",
     .group = Group::choosing,
     .commands = run | status | close,
     .help = "An unfinished task submitted longer ago is stale: --pending and --wait ask no more."},
    {.name = "wait",
     .group = Group::choosing,
     .commands = run,
     .help = "Asks unfinished tasks again until all are finished or stale; outlives an outage."},
    {.name = "poll-interval",
     .type = duration,
     .argument = "DURATION",
     .default_value = "15s",
     .group = Group::choosing,
     .commands = run,
     .help = "Time between two questions about one task with --wait (some wait a minute).",
     .minimum = 1},
    {.name = "deadline",
     .type = duration,
     .argument = "DURATION",
     .default_note = "none",
     .group = Group::choosing,
     .commands = run,
     .help = "Ends the whole run after this time.",
     .minimum = 1},

    // Queries
    {.name = "concurrency",
     .type = count,
     .argument = "N",
     .default_value = "32",
     .group = Group::queries,
     .commands = run,
     .help = "Queries at once.",
     .minimum = 1,
     .maximum = 4096},
    {.name = "rate",
     .type = count,
     .argument = "N",
     .default_value = "0",
     .group = Group::queries,
     .commands = run,
     .help = "Queries in any second at most; 0 is unlimited.",
     .maximum = 1'000'000},
    {.name = "connect-timeout",
     .type = duration,
     .argument = "DURATION",
     .default_value = "10s",
     .group = Group::queries,
     .commands = kAskers,
     .help = "Longest time to connect.",
     .minimum = 1},
    {.name = "timeout",
     .type = duration,
     .argument = "DURATION",
     .default_value = "60s",
     .group = Group::queries,
     .commands = kAskers,
     .help = "Longest time for one query.",
     .minimum = 1},
    {.name = "retries",
     .type = count,
     .argument = "N",
     .default_value = "5",
     .group = Group::queries,
     .commands = run,
     .help = "Further attempts for each query and each download.",
     .maximum = 1000},

    // Gateway and key
    {.name = "base-url",
     .type = text,
     .argument = "URL",
     .default_value = "https://www.anyfast.ai",
     .group = Group::gateway,
     .commands = kAskers,
     .help = "The gateway. A trailing `/v1` is dropped.",
     .needs_trust = true},
    {.name = "api-key-file",
     .type = path,
     .argument = "FILE",
     .default_note = "ANYFAST_API_KEY, else the systemd credential anyfast-api-key",
     .group = Group::gateway,
     .commands = kAskers,
     .help = "File that holds the API key; only its owner may read or write it (chmod 600).",
     .needs_trust = true},
    {.name = "ca-file",
     .type = path,
     .argument = "FILE",
     .default_note = "SSL_CERT_FILE, else the system's",
     .group = Group::gateway,
     .commands = kAskers,
     .help = "Trusts the certificate authorities of this file (PEM) instead.",
     .needs_trust = true},
    {.name = "proxy",
     .type = text,
     .argument = "URL",
     .default_note = "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, as curl",
     .group = Group::gateway,
     .commands = kAskers,
     .help = "Goes through this proxy, but to hosts of NO_PROXY directly.",
     .needs_trust = true},
    {.name = "allow-http",
     .group = Group::gateway,
     .commands = kAskers,
     .help = "Accepts plain http:// beyond loopback: key and videos travel unprotected."},

    // Videos
    {.name = "output",
     .letter = 'o',
     .type = path,
     .argument = "DIR",
     .default_value = "videos",
     .group = Group::videos,
     .commands = run | verify | doctor,
     .help = "Folder of the videos."},
    {.name = "name",
     .type = text,
     .argument = "TEMPLATE",
     .default_value = "{task_id}.{ext}",
     .group = Group::videos,
     .commands = run,
     .help = "File names: {task_id} {account} {model} {date} {status} {index} {ext} {label:NAME}; "
             "`/` makes folders."},
    {.name = "no-download",
     .group = Group::videos,
     .commands = run,
     .help = "Records and fetches nothing; a later `run --pending` fetches what was left."},
    {.name = "download-concurrency",
     .type = count,
     .argument = "N",
     .default_value = "8",
     .group = Group::videos,
     .commands = run,
     .help = "Downloads at once.",
     .minimum = 1,
     .maximum = 1024},
    {.name = "limit-rate",
     .type = size,
     .argument = "SIZE",
     .default_value = "0",
     .group = Group::videos,
     .commands = run,
     .help = "Bytes a second for all downloads together; 0 is unlimited."},
    {.name = "stall-timeout",
     .type = duration,
     .argument = "DURATION",
     .default_value = "60s",
     .group = Group::videos,
     .commands = run,
     .help = "Gives a download up that moves slower than 1 KiB/s for this long.",
     .minimum = 1},
    {.name = "max-video-size",
     .type = size,
     .argument = "SIZE",
     .default_value = "4GiB",
     .group = Group::videos,
     .commands = run,
     .help = "Refuses larger videos.",
     .minimum = 1},
    {.name = "min-free",
     .type = size,
     .argument = "SIZE",
     .default_value = "1GiB",
     .group = Group::videos,
     .commands = run | doctor,
     .help = "Free space below which downloads stop while queries go on."},
    {.name = "sidecar",
     .group = Group::videos,
     .commands = run,
     .help = "Writes NAME.EXT.json beside each video."},
    {.name = "exec",
     .type = path,
     .argument = "PROGRAM",
     .default_note = "none",
     .group = Group::videos,
     .commands = run,
     .help = "Runs PROGRAM PATH after each published video (REELTALLY_TASK_ID, REELTALLY_PATH, "
             "REELTALLY_SHA256 in its environment; no shell, no key).",
     .needs_trust = true},
    {.name = "allow-private-hosts",
     .group = Group::videos,
     .commands = run,
     .help = "Fetches videos from loopback, private and link-local addresses, too."},
    {.name = "deep",
     .group = Group::videos,
     .commands = verify,
     .help = "Reads every video and compares its SHA-256."},
    {.name = "requeue",
     .group = Group::videos,
     .commands = verify,
     .help = "Lets the next `run --pending` fetch missing videos again, and try given-up ones."},

    // Period
    {.name = "period",
     .letter = 'p',
     .type = text,
     .argument = "PERIOD",
     .default_note = "none",
     .group = Group::period,
     .commands = report | reconcile,
     .help = "2026-10, 2026, 2026-W41 or 2026-10-05."},
    {.name = "from",
     .type = text,
     .argument = "TIME",
     .default_note = "none",
     .group = Group::period,
     .commands = report | reconcile,
     .help = "Begin of the period (ISO 8601), with --to."},
    {.name = "to",
     .type = text,
     .argument = "TIME",
     .default_note = "none",
     .group = Group::period,
     .commands = report | reconcile,
     .help = "End of the period (ISO 8601), itself not part of it."},
    {.name = "tz",
     .type = text,
     .argument = "ZONE",
     .default_value = "UTC",
     .group = Group::period,
     .commands = report | close | reconcile,
     .help = "Time zone of the period and of the times shown, e.g. Europe/Berlin."},
    {.name = "time",
     .type = choice,
     .argument = "WHICH",
     .default_value = "finish",
     .group = Group::period,
     .commands = report | reconcile,
     .help = "Which time of a task puts it into a period: finish or submit.",
     .choices = "finish|submit"},
    {.name = "status",
     .type = choice,
     .argument = "WHICH",
     .default_value = "all",
     .group = Group::period,
     .commands = report,
     .help = "Which tasks: success, failure or all.",
     .choices = "success|failure|all"},
    // A setting says whose key a run uses; it must not take rows from a report unasked.
    {.name = "account",
     .type = text,
     .argument = "NAME",
     .default_note = "all accounts",
     .group = Group::period,
     .commands = report,
     .help = "Only the tasks of this account.",
     .scope = Scope::command_line},
    {.name = "require-complete",
     .group = Group::period,
     .commands = report,
     .help = "Exit code 3 while tasks of the period are unfinished."},
    {.name = "force",
     .group = Group::period,
     .commands = close,
     .help = "Closes although tasks of the period are unfinished or lines have no cost, and "
             "although hours stay in no period.",
     .scope = Scope::command_line},
    {.name = "write-off-stale",
     .group = Group::period,
     .commands = close,
     .help = "Closes without the period's stale tasks, which the manifest names. One that finishes "
             "all the same is a line of a later period.",
     .scope = Scope::command_line},
    {.name = "reprice",
     .group = Group::period,
     .commands = close,
     .help = "Prices a closed period by another --prices FILE: what changes becomes adjustments of "
             "the next open period.",
     .scope = Scope::command_line},

    // Prices
    {.name = "prices",
     .type = path,
     .argument = "FILE",
     .default_note = "none: costs stay empty",
     .group = Group::money,
     .commands = kPricers,
     .help = "Price book (CSV)."},
    {.name = "round",
     .type = count,
     .argument = "N",
     .default_note = "exact",
     .group = Group::money,
     .commands = report | reconcile,
     .help = "Rounds each line's cost to N decimals, half to even.",
     .maximum = 18},

    // Output
    {.name = "by",
     .type = text,
     .argument = "KEY",
     .default_value = "task",
     .group = Group::output,
     .commands = report,
     .help = "Groups rows: task, day, month, model, action, resolution, status, account or "
             "label:NAME. May be given several times.",
     .repeatable = true},
    {.name = "format",
     .type = choice,
     .argument = "FORMAT",
     .default_value = "csv",
     .group = Group::output,
     .commands = report,
     .help = "csv, json (one object a line), html (one page) or focus (FinOps FOCUS 1.2).",
     .choices = "csv|json|html|focus"},
    {.name = "output",
     .letter = 'o',
     .type = path,
     .argument = "FILE",
     .default_value = "-",
     .group = Group::output,
     .commands = report,
     .help = "Where the report goes, at once or not at all, with FILE.manifest.json beside it; "
             "`-` is standard output. A symbolic link stays, and its target is replaced.",
     .scope = Scope::command_line},
    {.name = "bom",
     .group = Group::output,
     .commands = report,
     .help = "Begins the CSV with a byte order mark, for Excel."},

    // Ledger
    {.name = "lock-wait",
     .type = duration,
     .argument = "DURATION",
     .default_value = "0",
     .group = Group::ledger,
     .commands = kWriters,
     .help = "How long to wait for another run that holds the ledger."},
    {.name = "no-backup",
     .group = Group::ledger,
     .commands = kWriters,
     .help = "Upgrades an older ledger without a backup beside it."},
    {.name = "older-than",
     .type = duration,
     .argument = "DURATION",
     .default_note = "must be given",
     .group = Group::ledger,
     .commands = db_prune,
     .help = "Drops raw answers of tasks that finished longer ago."},

    // Monitoring
    {.name = "progress-interval",
     .type = duration,
     .argument = "DURATION",
     .default_value = "0",
     .group = Group::monitoring,
     .commands = run,
     .help = "A line of progress this often where there is no terminal; 0 is off."},
    {.name = "metrics-file",
     .type = path,
     .argument = "FILE",
     .default_note = "none",
     .group = Group::monitoring,
     .commands = run,
     .help = "Writes Prometheus textfile metrics at the end."},
    {.name = "status-file",
     .type = path,
     .argument = "FILE",
     .default_note = "none",
     .group = Group::monitoring,
     .commands = run,
     .help = "Keeps the summary of the last run there as JSON."},
    {.name = "failed-out",
     .type = path,
     .argument = "FILE",
     .default_note = "none",
     .group = Group::monitoring,
     .commands = run,
     .help = "Writes tasks not answered or not fetched as rows that `run` reads again."},
    {.name = "ping-url",
     .type = text,
     .argument = "URL",
     .default_note = "none",
     .group = Group::monitoring,
     .commands = run,
     .help = "Calls a healthchecks-style monitor at start (/start) and end (/EXITCODE).",
     .secret = true},

    // Common
    {.name = "db",
     .type = path,
     .argument = "FILE",
     .default_note = "reeltally.db in $XDG_STATE_HOME/reeltally",
     .group = Group::common,
     .commands = CommandSet::all(),
     .help = "The ledger."},
    {.name = "config",
     .type = path,
     .argument = "FILE",
     .default_note = "$XDG_CONFIG_HOME/reeltally/config.toml, else /etc/reeltally/config.toml",
     .group = Group::common,
     .commands = CommandSet::all(),
     .help = "The configuration file.",
     .scope = Scope::no_file},
    {.name = "account",
     .type = text,
     .argument = "NAME",
     .default_value = "default",
     .group = Group::common,
     .commands = CommandSet::all_but(report),
     .help = "Whose key and tasks: a task is known by account and ID."},
    {.name = "quiet",
     .letter = 'q',
     .group = Group::common,
     .commands = CommandSet::all(),
     .help = "Prints only errors."},
    {.name = "verbose",
     .letter = 'v',
     .type = level,
     .default_value = "0",
     .group = Group::common,
     .commands = CommandSet::all(),
     .help = "Says more; twice: every request.",
     .maximum = 2},
    {.name = "log-format",
     .type = choice,
     .argument = "FORMAT",
     .default_value = "text",
     .group = Group::common,
     .commands = CommandSet::all(),
     .help = "Messages as text, or as json: one object a line.",
     .choices = "text|json"},
    {.name = "color",
     .type = choice,
     .argument = "WHEN",
     .default_value = "auto",
     .group = Group::common,
     .commands = CommandSet::all(),
     .help = "Colours: auto (on a terminal, unless NO_COLOR is set), always or never.",
     .choices = "auto|always|never"},
    {.name = "json",
     .group = Group::common,
     .commands = CommandSet::all(),
     .help = "Machine-readable standard output: one JSON object a line, each with a `type`."},
    {.name = "help",
     .letter = 'h',
     .group = Group::common,
     .commands = CommandSet::all(),
     .help = "Shows this text.",
     .scope = Scope::command_line},
    {.name = "version",
     .letter = 'V',
     .group = Group::common,
     .commands = CommandSet::all(),
     .help = "Shows the versions of the program and its libraries.",
     .scope = Scope::command_line},
};

constexpr std::array<OptionGroup, 11> kGroups{
    Group::input, Group::choosing, Group::queries, Group::gateway,    Group::videos, Group::period,
    Group::money, Group::output,   Group::ledger,  Group::monitoring, Group::common};

template <typename Predicate>
const OptionSpec* find_if(Predicate matches) {
  const auto* const found = std::find_if(std::begin(kOptions), std::end(kOptions), matches);
  return found == std::end(kOptions) ? nullptr : found;
}

}  // namespace

std::span<const OptionSpec> option_table() { return kOptions; }

const OptionSpec* find_option(Command command, std::string_view name) {
  return find_if([&](const OptionSpec& option) {
    return option.name == name && option.commands.contains(command);
  });
}

const OptionSpec* find_option(Command command, char letter) {
  return find_if([&](const OptionSpec& option) {
    return option.letter == letter && option.commands.contains(command);
  });
}

const OptionSpec* find_setting(std::string_view name) {
  return find_if([&](const OptionSpec& option) {
    return option.name == name && option.scope != OptionScope::command_line;
  });
}

std::string_view title(OptionGroup group) {
  switch (group) {
    case Group::input:
      return "Input";
    case Group::choosing:
      return "What is asked, and how long";
    case Group::queries:
      return "Queries";
    case Group::gateway:
      return "Gateway and key";
    case Group::videos:
      return "Videos";
    case Group::period:
      return "Period";
    case Group::money:
      return "Prices";
    case Group::output:
      return "Output";
    case Group::ledger:
      return "Ledger";
    case Group::monitoring:
      return "Monitoring";
    case Group::common:
      return "Common";
  }
  return "?";
}

std::span<const OptionGroup> option_groups() { return kGroups; }

std::string environment_name(std::string_view option_name) {
  std::string name = "REELTALLY_";
  for (const char c : option_name) {
    const bool lower = c >= 'a' && c <= 'z';
    name.push_back(c == '-' ? '_' : lower ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return name;
}

std::vector<std::string_view> choices_of(const OptionSpec& option) {
  std::vector<std::string_view> choices;
  for (std::string_view rest = option.choices; !rest.empty();) {
    const std::size_t end = std::min(rest.find('|'), rest.size());
    choices.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return choices;
}

bool takes_value(OptionType type) { return type != OptionType::flag && type != OptionType::level; }

}  // namespace cmd
