#include "cmd/cli/commands.h"

#include <array>
#include <stdexcept>

namespace cmd {
namespace {

using enum ExitCode;
constexpr std::array kRunCodes{ok,        fatal,       wrong_usage,  partly,      unfinished,
                               no_ledger, ledger_busy, key_rejected, interrupted, terminated};
constexpr std::array kImportCodes{ok,          fatal,        wrong_usage, partly,    no_ledger,
                                  ledger_busy, key_rejected, interrupted, terminated};
constexpr std::array kReadCodes{ok, fatal, wrong_usage, no_ledger};
constexpr std::array kCompareCodes{ok, fatal, wrong_usage, partly, no_ledger};
constexpr std::array kReconcileCodes{ok, fatal, wrong_usage, partly, no_ledger, key_rejected};
constexpr std::array kWriteCodes{ok, fatal, wrong_usage, no_ledger, ledger_busy};
constexpr std::array kCompareWriteCodes{ok, fatal, wrong_usage, partly, no_ledger, ledger_busy};
constexpr std::array kDoctorCodes{ok, fatal, wrong_usage, no_ledger};
constexpr std::array kConfigCodes{ok, fatal, wrong_usage};

constexpr std::array<CommandSpec, 20> kCommands{{
    {.command = Command::run,
     .name = "run",
     .arguments = "[FILE...]",
     .arguments_max = kAnyNumber,
     .summary = "read task IDs, query, record, download",
     .description =
         "Queries the gateway for every task in the FILEs (CSV or plain lists; `-`, or no FILE "
         "without --pending, is standard input), records each answer in the ledger and downloads "
         "the finished videos, those whose links expire soonest first. Finished tasks whose "
         "videos are on disk are not queried again, so the same command can be repeated until "
         "everything is done.",
     .example = "reeltally run tasks.csv --output videos --wait --deadline 2h",
     .exit_codes = kRunCodes},
    {.command = Command::import_tasks,
     .name = "import",
     .summary = "add the tasks of the gateway's own list to the ledger",
     .description =
         "With --from-gateway: reads the list of the user's tasks at the gateway, a hundred with "
         "each request, and adds those that the ledger does not have, so that also tasks that no "
         "FILE names are queried and billed. Queries no task: `run --pending` does, and "
         "`run --from-gateway` does both.",
     .example = "reeltally import --from-gateway --since 2d",
     .exit_codes = kImportCodes},
    {.command = Command::status,
     .name = "status",
     .arguments = "[TASK_ID...]",
     .arguments_max = kAnyNumber,
     .summary = "the whole ledger, or what became of tasks",
     .description =
         "Without a TASK_ID: the last run, the number of tasks in each state, by account and "
         "model, the soonest expiry, and what a run would do now. With TASK_IDs: what became of "
         "each task, where its videos are and what it cost (of a closed period as its lines say, "
         "which "
         "`db check` proves); with -v also all columns of its "
         "answers, usage and videos, which --json has with the raw answers. With "
         "--crew: the runs that share work under this name, or did so last: what each has "
         "claimed and recorded, its part of the rate, and until when it counts as alive.",
     .example = "reeltally status 860260753860210752",
     .exit_codes = kCompareCodes},
    {.command = Command::runs,
     .name = "runs",
     .arguments = "[RUN...]",
     .arguments_max = kAnyNumber,
     .summary = "past runs and what they did",
     .description =
         "Without a RUN: one line for each of the last runs (--last), and what went wrong in it. "
         "With the numbers of RUNs: all that is recorded of each.",
     .example = "reeltally runs --last 50",
     .exit_codes = kCompareCodes},
    {.command = Command::report,
     .name = "report",
     .summary = "usage and cost of a period, for billing",
     .description =
         "Writes one row for each task of a period, or for each group with --by. Needs --period, "
         "or --from and --to. The same period gives the same bytes each time.",
     .example = "reeltally report --period 2026-10 --prices prices.csv -o october.csv",
     .exit_codes = kCompareCodes},
    {.command = Command::close,
     .name = "close",
     .arguments = "PERIOD",
     .arguments_min = 1,
     .arguments_max = 1,
     .summary = "close a billing period: its rows never change again",
     .description =
         "Freezes the rows, time zone and prices of a PERIOD (2026-10, 2026, 2026-W41 or "
         "2026-10-05). Later changes appear as adjustment lines in the next open period.",
     .example = "reeltally close 2026-10 --tz Europe/Berlin --prices prices.csv",
     .exit_codes = kCompareWriteCodes},
    {.command = Command::audit,
     .name = "audit",
     .arguments = "PERIOD",
     .arguments_min = 1,
     .arguments_max = 1,
     .summary = "a bundle that proves each number of a closed period",
     .description =
         "Writes the report of a closed PERIOD as CSV and FOCUS with its manifest, the price books "
         "it was closed with, the raw answer behind each line, the chain of closed periods, "
         "SHA256SUMS, and verify.py, which computes every amount again with Python 3 and zstd "
         "alone. The same PERIOD gives the same bytes each time.",
     .example = "reeltally audit 2026-10 -o 2026-10.tar",
     .exit_codes = kReadCodes},
    {.command = Command::reconcile,
     .name = "reconcile",
     .arguments = "[FILE]",
     .arguments_max = 1,
     .summary = "compare our report lines with the gateway's own log",
     .description =
         "FILE is a CSV with a task ID column and `quota`, or `cost` and `currency`. Each line "
         "that does not match is written to standard output. With --from-gateway the log itself "
         "is read: charges are found by the request ID of the task, settlements and refunds by "
         "the task ID. The ledger is never changed.",
     .example = "reeltally reconcile gateway-log.csv --period 2026-10",
     .exit_codes = kReconcileCodes},
    {.command = Command::forecast,
     .name = "forecast",
     .arguments = "[PERIOD]",
     .arguments_max = 1,
     .summary = "what an open month will cost by its end",
     .description =
         "Takes what the days that are over cost on average for each day of PERIOD (2026-10, 2026 "
         "or 2026-W41; without it: of this month). Corrections of closed periods count once. "
         "Failed tasks cost nothing, unfinished ones are not known yet.",
     .example = "reeltally forecast --prices prices.csv --by label:customer",
     .exit_codes = kReadCodes},
    {.command = Command::prices_check,
     .name = "prices check",
     .arguments = "FILE",
     .arguments_min = 1,
     .arguments_max = 1,
     .summary = "find what is probably wrong in a price book",
     .description =
         "Names rows that can never count, rows that fit the same tasks, days and pictures between "
         "rows without a price, and codes that are no currency. With --db also the models of the "
         "ledger's videos for which no row has a price. Exit code 3 on a finding.",
     .example = "reeltally prices check prices.csv --db ledger.db",
     .exit_codes = kCompareCodes},
    {.command = Command::verify,
     .name = "verify",
     .summary = "compare the videos on disk with the ledger",
     .description =
         "Names every video that is missing, too short or changed, and every file that the "
         "ledger does not know.",
     .example = "reeltally verify --deep",
     .exit_codes = kCompareWriteCodes},
    {.command = Command::doctor,
     .name = "doctor",
     .summary = "check whether the next run can work",
     .description =
         "Checks the key, base URL, clock, disk space and ledger, and says what to do about each "
         "finding.",
     .example = "reeltally doctor --output /srv/videos",
     .exit_codes = kDoctorCodes},
    {.command = Command::serve,
     .name = "serve",
     .summary = "pages about the ledger for a browser",
     .description =
         "Shows what is unfinished, finished and fetched, past runs, why tasks failed, each task "
         "with its answers and its video, and a gallery with a search; live while runs go on. Only "
         "reads. Listens on this machine alone, or elsewhere with --token-file. Ends with Ctrl-C.",
     .example = "reeltally serve --listen 127.0.0.1:8090",
     .exit_codes = kReadCodes},
    {.command = Command::forget,
     .name = "forget",
     .arguments = "[TASK_ID...]",
     .arguments_max = kAnyNumber,
     .summary = "take back tasks that were imported by mistake",
     .description =
         "Takes back the TASK_IDs, or with --failed-import the tasks that a run imported: they "
         "are not queried and do not count as unfinished or missing until a FILE names them "
         "again. Their history stays. A task with a final answer or a video is refused.",
     .example = "reeltally forget --failed-import 12",
     .exit_codes = kCompareWriteCodes},
    {.command = Command::db_migrate,
     .name = "db migrate",
     .summary = "bring the ledger to this version's schema",
     .description =
         "Upgrades an older ledger after it made a backup beside it. A ledger of a newer version "
         "is refused. `run` does the same by itself.",
     .example = "reeltally db migrate",
     .exit_codes = kWriteCodes},
    {.command = Command::db_check,
     .name = "db check",
     .summary = "check the ledger from end to end",
     .description =
         "Runs SQLite's integrity and foreign key checks, then reads all stored answers again and "
         "compares them with the tasks. Exit code 1 on a finding.",
     .example = "reeltally db check",
     .exit_codes = kReadCodes},
    {.command = Command::db_backup,
     .name = "db backup",
     .arguments = "FILE",
     .arguments_min = 1,
     .arguments_max = 1,
     .summary = "copy the ledger to FILE, also while a run writes",
     .description = "Makes a consistent copy. An existing FILE is refused.",
     .example = "reeltally db backup /backup/reeltally-2026-10-05.db",
     .exit_codes = kReadCodes},
    {.command = Command::db_copy,
     .name = "db copy",
     .arguments = "TARGET",
     .arguments_min = 1,
     .arguments_max = 1,
     .summary = "copy the ledger from a file to PostgreSQL, or back",
     .description =
         "Copies the whole ledger, with the same numbers, also while a run writes. TARGET is a new "
         "file, or the URL of an empty database (postgresql://USER@HOST/DATABASE). After a failure "
         "TARGET holds nothing.",
     .example = "reeltally db copy postgresql://owner@/ledger",
     .exit_codes = kReadCodes},
    {.command = Command::db_prune,
     .name = "db prune",
     .summary = "delete raw answers of tasks that finished long ago",
     .description =
         "Deletes the raw answers of tasks that finished longer ago than --older-than, but not "
         "those that prove lines of a closed period without a bundle (`reeltally audit`). Their "
         "hashes and all rows stay.",
     .example = "reeltally db prune --older-than 400d",
     .exit_codes = kWriteCodes},
    {.command = Command::config,
     .name = "config",
     .summary = "every setting, its value and where the value comes from",
     .description =
         "Shows the settings of the next run and the origin of each: option, environment, "
         "configuration file or default. Secrets are masked.",
     .example = "reeltally config --config /etc/reeltally/config.toml",
     .exit_codes = kConfigCodes},
}};

}  // namespace

std::span<const CommandSpec> command_table() { return kCommands; }

const CommandSpec& spec_of(Command command) {
  for (const CommandSpec& spec : kCommands) {
    if (spec.command == command) {
      return spec;
    }
  }
  throw std::logic_error("a command without a row in the table of commands");
}

const CommandSpec* find_command(std::string_view name) {
  for (const CommandSpec& spec : kCommands) {
    if (spec.name == name) {
      return &spec;
    }
  }
  return nullptr;
}

}  // namespace cmd
