// The rows of the option table about periods, money and the form of reports, as in option_rows.h.
#pragma once

#include "cmd/cli/options.h"

namespace cmd::option_rows {

using enum Command;
using enum OptionType;
using Scope = OptionScope;

inline constexpr CommandSet kPricers = report | close | reconcile;

inline constexpr OptionSpec kPeriod[] = {
    {.name = "period",
     .letter = 'p',
     .type = text,
     .argument = "PERIOD",
     .commands = report | reconcile,
     .help = "2026-10, 2026, 2026-W41 or 2026-10-05."},
    {.name = "from",
     .type = text,
     .argument = "TIME",
     .commands = report | reconcile,
     .help = "Start of the period (ISO 8601); needs --to."},
    {.name = "to",
     .type = text,
     .argument = "TIME",
     .commands = report | reconcile,
     .help = "End of the period (ISO 8601); this instant is not part of it."},
    {.name = "tz",
     .type = text,
     .argument = "ZONE",
     .default_value = "UTC",
     .commands = report | close | reconcile | forecast | run | serve,
     .help = "Time zone of periods, of the months of budgets and of the times in reports, e.g. "
             "Europe/Berlin."},
    {.name = "time",
     .type = choice,
     .argument = "WHICH",
     .default_value = "finish",
     .commands = report | reconcile,
     .help = "The time that decides the period of a task: finish or submit.",
     .choices = "finish|submit"},
    {.name = "status",
     .type = choice,
     .argument = "WHICH",
     .default_value = "all",
     .commands = report,
     .help = "Tasks to report: success, failure or all.",
     .choices = "success|failure|all"},
    // As a setting, `account` says whose key a run uses; it must not remove rows from a report.
    {.name = "account",
     .type = text,
     .argument = "NAME",
     .default_note = "all accounts",
     .commands = report | forecast,
     .help = "Only the tasks of this account.",
     .scope = Scope::command_line},
    {.name = "label",
     .type = text,
     .argument = "NAME=VALUE",
     .default_note = "all tasks",
     .commands = report | forecast,
     .help = "Only the tasks with this label; an empty VALUE: those without it. May be given more "
             "than once: one of the values of each name.",
     .scope = Scope::command_line,
     .repeatable = true},
    {.name = "require-complete",
     .commands = report,
     .help = "Exit code 3 if tasks of the period are unfinished."},
    {.name = "check",
     .commands = report,
     .help =
         "Writes no report, but a line for each thing to look into: lines without a cost, models "
         "new in the period, IDs under two accounts, labels that changed. Exit code 3 then.",
     .scope = Scope::command_line},
    {.name = "customer-label",
     .type = text,
     .argument = "NAME",
     .default_value = "customer",
     .commands = close,
     .help = "The label that names the customer, for the sums of --dry-run."},
    {.name = "force",
     .commands = close,
     .help = "Closes the period even if tasks are unfinished, lines have no cost, or some hours "
             "belong to no period.",
     .scope = Scope::command_line},
    {.name = "write-off-stale",
     .commands = close,
     .help = "Closes the period without its stale tasks; the manifest names them. If one finishes "
             "later, it is a line of a later period.",
     .scope = Scope::command_line},
    {.name = "sign-with",
     .type = path,
     .argument = "PROGRAM",
     .commands = close,
     .help = "Has PROGRAM sign the head of the chain of closed periods, which it reads from its "
             "standard input; what it prints is kept. If it fails, nothing is closed (no shell, no "
             "key).",
     .needs_trust = true},
    {.name = "dry-run",
     .commands = close,
     .help = "Closes nothing: prints what the period would have, and every reason to refuse it.",
     .scope = Scope::command_line},
    {.name = "reprice",
     .commands = close,
     .help = "Prices a closed period again with --prices FILE. Differences become adjustments in "
             "the next open period.",
     .scope = Scope::command_line},
};

inline constexpr OptionSpec kMoney[] = {
    {.name = "prices",
     .type = path,
     .default_note = "none: costs are empty",
     .commands = kPricers | forecast | run | status | serve,
     .help = "Price book (CSV)."},
    {.name = "quota-per-unit",
     .type = count,
     .default_value = "500000",
     .commands = kPricers | forecast | run | status | serve,
     .help = "How much of the gateway's quota is 1 in a price of the unit `quota`; for `reconcile` "
             "without prices: 1 of --currency (USD).",
     .minimum = 1},
    {.name = "round",
     .type = count,
     .default_note = "exact",
     .commands = report | close | reconcile,
     .help = "Rounds the cost of each line to N decimals, half to even. `close` keeps it for good.",
     .maximum = 18},
    {.name = "round-by-currency",
     .commands = report | close | reconcile,
     .help =
         "Rounds the cost of each line to the decimals of its currency (ISO 4217: USD 2, JPY 0, "
         "KWD 3), half to even. `close` keeps it for good."},
    {.name = "rates",
     .type = path,
     .default_note = "none: nothing is converted",
     .commands = report | close,
     .help = "Exchange rates (CSV: date,from,to,rate,source); needs --billing-currency."},
    {.name = "billing-currency",
     .type = text,
     .argument = "CODE",
     .commands = report | close,
     .help = "Adds the cost of each line in this currency, by --rates."},
    {.name = "resale",
     .type = path,
     .default_note = "none",
     .commands = report | close,
     .help =
         "A second price book (CSV): what the customer pays. Adds columns for it and the margin."},
};

inline constexpr OptionSpec kOutput[] = {
    {.name = "by",
     .type = text,
     .argument = "KEY",
     .default_value = "task",
     .commands = report,
     .help = "Groups rows: task, day, month, model, action, resolution, status, account or "
             "label:NAME. May be given more than once.",
     .suggestions = "task|day|month|model|action|resolution|status|account|label:",
     .repeatable = true},
    {.name = "by",
     .type = text,
     .argument = "KEY",
     .default_value = "model",
     .commands = forecast,
     .help = "One row for each model, action, resolution, account or label:NAME. May be given more "
             "than once.",
     .suggestions = "model|action|resolution|account|label:",
     .scope = Scope::command_line,
     .repeatable = true},
    {.name = "format",
     .type = choice,
     .argument = "FORMAT",
     .default_value = "csv",
     .commands = report,
     .help = "csv, json (one object per line), html (one page), xlsx (a workbook for Excel or "
             "LibreOffice) or focus (FinOps FOCUS 1.2).",
     .choices = "csv|json|html|xlsx|focus"},
    {.name = "output",
     .letter = 'o',
     .type = path,
     .default_value = "-",
     .commands = report,
     .help = "File for the report, written completely or not at all, with FILE.manifest.json "
             "beside it; `-` is standard output. Of a symbolic link the target is replaced.",
     .scope = Scope::command_line},
    {.name = "output",
     .letter = 'o',
     .type = path,
     .argument = "DIR|FILE.tar",
     .default_note = "must be given",
     .commands = audit,
     .help = "A new folder for the files, or an archive of them, written completely or not at all.",
     .scope = Scope::command_line},
    {.name = "decimal-comma",
     .commands = report,
     .help = "Writes 0,90 instead of 0.90 into the CSV, with `;` between cells, for spreadsheets "
             "set to a language that does so.",
     .scope = Scope::command_line},
    {.name = "bom",
     .commands = report,
     .help = "Starts the CSV with a byte order mark, for Excel."},
};

}  // namespace cmd::option_rows
