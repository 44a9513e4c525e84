#include "cmd/cli/commands.h"

#include <array>
#include <stdexcept>

namespace cmd {
namespace {

constexpr std::array kRunCodes{0, 1, 2, 3, 4, 10, 11, 12, 130, 143};
constexpr std::array kReadCodes{0, 1, 2, 10};
constexpr std::array kCompareCodes{0, 1, 2, 3, 10};
constexpr std::array kWriteCodes{0, 1, 2, 10, 11};
constexpr std::array kCompareWriteCodes{0, 1, 2, 3, 10, 11};
constexpr std::array kDoctorCodes{0, 1, 2, 10};
constexpr std::array kConfigCodes{0, 1, 2};

constexpr std::array<CommandSpec, 13> kCommands{{
    {.command = Command::run,
     .name = "run",
     .arguments = "[FILE...]",
     .arguments_max = kAnyNumber,
     .summary = "read task IDs, query, record, download",
     .description =
         "Asks the gateway about every task of the FILEs (CSV or plain lists; `-` is standard "
         "input, and so is no FILE at all unless --pending is given), records each answer in the "
         "ledger and fetches the finished videos, those that expire soonest first. What is "
         "finished and on disk is not asked about again, so the same command can be repeated "
         "until all is done.",
     .example = "reeltally run tasks.csv --output videos --wait --deadline 2h",
     .exit_codes = kRunCodes},
    {.command = Command::status,
     .name = "status",
     .arguments = "[TASK_ID...]",
     .arguments_max = kAnyNumber,
     .summary = "totals of the ledger, or the full history of tasks",
     .description =
         "Without a TASK_ID: how many tasks are in which state, the oldest unfinished one and the "
         "soonest expiry. With some: every answer, usage and video of each.",
     .example = "reeltally status 860260753860210752",
     .exit_codes = kCompareCodes},
    {.command = Command::report,
     .name = "report",
     .summary = "usage and cost of a period, for billing",
     .description =
         "Writes one row a task (or one a group, by --by) of a period. --period, or --from and "
         "--to, must be given. The same period gives the same bytes each time.",
     .example = "reeltally report --period 2026-10 --prices prices.csv -o october.csv",
     .exit_codes = kCompareCodes},
    {.command = Command::close,
     .name = "close",
     .arguments = "PERIOD",
     .arguments_min = 1,
     .arguments_max = 1,
     .summary = "close a billing period: its rows never change again",
     .description =
         "Freezes the rows, zone and prices of a PERIOD (2026-10, 2026, 2026-W41 or 2026-10-05). "
         "What becomes known later about it appears as adjustment lines in the next open period.",
     .example = "reeltally close 2026-10 --tz Europe/Berlin --prices prices.csv",
     .exit_codes = kCompareWriteCodes},
    {.command = Command::reconcile,
     .name = "reconcile",
     .arguments = "FILE",
     .arguments_min = 1,
     .arguments_max = 1,
     .summary = "hold our report lines against the gateway's own log",
     .description =
         "FILE is a CSV with a task ID column and `quota`, or `cost` and `currency`. Each line "
         "that does not match is written to standard output; nothing is ever corrected.",
     .example = "reeltally reconcile gateway-log.csv --period 2026-10",
     .exit_codes = kCompareCodes},
    {.command = Command::verify,
     .name = "verify",
     .summary = "hold videos and ledger against each other",
     .description =
         "Names every video that is missing, short or changed, and files that the ledger does "
         "not know.",
     .example = "reeltally verify --deep",
     .exit_codes = kCompareWriteCodes},
    {.command = Command::doctor,
     .name = "doctor",
     .summary = "is everything in order for the next run?",
     .description =
         "Checks key, base URL, clock, disk space and ledger, and says what to do about each "
         "finding.",
     .example = "reeltally doctor --output /srv/videos",
     .exit_codes = kDoctorCodes},
    {.command = Command::forget,
     .name = "forget",
     .arguments = "[TASK_ID...]",
     .arguments_max = kAnyNumber,
     .summary = "take back tasks that were imported by mistake",
     .description =
         "Takes back the TASK_IDs, or with --failed-import the tasks that a run brought in: they "
         "are asked about no more, and are neither unfinished nor missing ones, until a FILE names "
         "them again. Their history stays. A task with a final answer or a video is refused.",
     .example = "reeltally forget --failed-import 12",
     .exit_codes = kCompareWriteCodes},
    {.command = Command::db_migrate,
     .name = "db migrate",
     .summary = "bring the ledger to this version's schema",
     .description =
         "Upgrades an older ledger after a backup beside it. A ledger of a newer version is "
         "refused. `run` does the same by itself.",
     .example = "reeltally db migrate",
     .exit_codes = kWriteCodes},
    {.command = Command::db_check,
     .name = "db check",
     .summary = "check the ledger from end to end",
     .description =
         "Runs SQLite's integrity and foreign key checks, and replays the snapshots against the "
         "tasks. Exit code 1 on a finding.",
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
    {.command = Command::db_prune,
     .name = "db prune",
     .summary = "drop raw answers of long finished tasks",
     .description =
         "Drops the raw bodies of tasks that finished longer ago than --older-than; their hashes "
         "and every row stay.",
     .example = "reeltally db prune --older-than 400d",
     .exit_codes = kWriteCodes},
    {.command = Command::config,
     .name = "config",
     .summary = "every setting, its value and where the value comes from",
     .description =
         "Shows what the next run would use: option, environment, configuration file or default. "
         "Secrets are masked.",
     .example = "reeltally config --config /etc/reeltally/config.toml",
     .exit_codes = kConfigCodes},
}};

}  // namespace

std::span<const CommandSpec> command_table() { return kCommands; }

const CommandSpec& spec_of(Command command) {
  for (const CommandSpec& spec : kCommands) {
    if (spec.command == command) return spec;
  }
  throw std::logic_error("a command without a row in the table of commands");
}

const CommandSpec* find_command(std::string_view name) {
  for (const CommandSpec& spec : kCommands) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

}  // namespace cmd
