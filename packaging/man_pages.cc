#include "packaging/man_pages.h"

#include <algorithm>
#include <string>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/help.h"
#include "cmd/cli/options.h"

namespace packaging {
namespace {

constexpr std::size_t kLineBytesMax = 76;

// Escapes text for roff, so that it contains no request or escape; `x` in backticks becomes bold.
std::string escaped(std::string_view text) {
  std::string out;
  bool bold = false;
  for (const char c : text) {
    switch (c) {
      case '`':
        out += bold ? "\\fP" : "\\fB";
        bold = !bold;
        break;
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '~':
        out += "\\(ti";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '\'':
        out += "\\(aq";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

// Appends a paragraph in source lines; no line begins with a dot, which would be a request.
void append_text(std::string& out, std::string_view text) {
  std::size_t used = 0;
  const std::string source = escaped(text);
  for (std::string_view rest = source; !rest.empty();) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    std::string word(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (used != 0 && used + 1 + word.size() > kLineBytesMax) {
      out.push_back('\n');
      used = 0;
    }
    if (used == 0 && word.front() == '.') {
      word.insert(0, "\\&");
    }
    if (used != 0) {
      out.push_back(' ');
    }
    used += word.size() + (used == 0 ? 0 : 1);
    out += word;
  }
  out.push_back('\n');
}

void append_section(std::string& out, std::string_view title) {
  out.append(".SH ").append(title).append("\n");
}

void append_item(std::string& out, std::string_view head, std::string_view text) {
  out.append(".TP\n\\fB").append(escaped(head)).append("\\fP\n");
  append_text(out, text);
}

std::string header(std::string_view name, int section, const Release& release) {
  std::string title(name);
  std::transform(title.begin(), title.end(), title.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  std::string out = ".\\\" Made from the tables of commands and options; do not edit.\n.TH ";
  out.append(title).append(" ").append(std::to_string(section)).append(" ").append(release.date);
  out.append(" \"reeltally ").append(release.version).append("\" \"");
  return out + (section == 1 ? "User Commands\"\n" : "File Formats\"\n");
}

void append_name(std::string& out, std::string_view name, std::string_view summary) {
  append_section(out, "NAME");
  // The dash that apropos looks for.
  out.append(escaped(name)).append(" \\-\n");
  append_text(out, summary);
}

// Option names in bold, the placeholder in italics.
void append_option(std::string& out, const cmd::OptionSpec& option) {
  out += ".TP\n";
  if (option.letter != 0) {
    out.append("\\fB\\-").append(1, option.letter).append("\\fP, ");
  }
  out.append("\\fB").append(escaped("--" + std::string(option.name))).append("\\fP");
  if (!option.argument.empty()) {
    out.append(" \\fI").append(escaped(option.argument)).append("\\fP");
  }
  out.push_back('\n');
  append_text(out, cmd::option_description(option));
}

void append_options(std::string& out, cmd::Command command) {
  append_section(out, "OPTIONS");
  for (const cmd::OptionGroup group : cmd::option_groups()) {
    bool titled = false;
    for (const cmd::OptionSpec& option : cmd::option_table()) {
      if (option.group != group || !cmd::is_listed(option, command)) {
        continue;
      }
      if (!titled) {
        out.append(".SS ").append(escaped(cmd::title(group))).append("\n");
      }
      titled = true;
      append_option(out, option);
    }
  }
}

void append_exit_codes(std::string& out, std::span<const cmd::ExitCode> codes) {
  append_section(out, "EXIT STATUS");
  for (const cmd::ExitMeaning& meaning : cmd::exit_meanings()) {
    if (!codes.empty() && std::find(codes.begin(), codes.end(), meaning.code) == codes.end()) {
      continue;
    }
    append_item(out, std::to_string(cmd::exit_number(meaning.code)), meaning.meaning);
  }
}

void append_example(std::string& out, std::string_view line) {
  append_section(out, "EXAMPLES");
  out.append(".EX\n").append(escaped(line)).append("\n.EE\n");
}

void append_environment(std::string& out) {
  append_section(out, "ENVIRONMENT");
  append_item(out, "REELTALLY_...",
              "Every setting: its name in capitals with _ for -, as in "
              "`REELTALLY_DOWNLOAD_CONCURRENCY`. An option beats it; it beats the file.");
  append_item(out, "ANYFAST_API_KEY", "The API key, unless --api-key-file names a file.");
  append_item(out, "CREDENTIALS_DIRECTORY",
              "Set by systemd; its file `anyfast-api-key` holds the key where neither of the above "
              "is given.");
  append_item(out, "SSL_CERT_FILE", "Trusted certificate authorities, unless --ca-file is given.");
  append_item(out, "HTTPS_PROXY, http_proxy, ALL_PROXY",
              "The proxy, as curl reads them, unless --proxy is given.");
  append_item(out, "NO_PROXY", "Hosts that are asked without a proxy.");
  append_item(out, "NO_COLOR", "When set, --color auto uses no colours.");
  append_item(out, "XDG_STATE_HOME", "Holds reeltally/reeltally.db; ~/.local/state if unset.");
  append_item(out, "XDG_CONFIG_HOME", "Holds reeltally/config.toml; ~/.config if unset.");
}

void append_files(std::string& out) {
  append_section(out, "FILES");
  append_item(out, "$XDG_STATE_HOME/reeltally/reeltally.db",
              "The ledger (SQLite), with .lock beside it while a run goes on, and .backup-v... "
              "from before each upgrade of its schema.");
  append_item(out, "$XDG_CONFIG_HOME/reeltally/config.toml, /etc/reeltally/config.toml",
              "The configuration file: the first of them that exists. One that others than its "
              "owner can write, or whose folder they can, must name no program, key, base URL, "
              "proxy or certificate authority.");
}

std::string reference(const cmd::CommandSpec& command) {
  return "\\fB" + escaped(page_name(command)) + "\\fP(1)";
}

// All pages except the given one.
void append_see_also(std::string& out, std::string_view self, int section) {
  append_section(out, "SEE ALSO");
  const std::size_t begin = out.size();
  const auto append = [&](const std::string& name, int number) {
    if (name == self && number == section) {
      return;
    }
    if (out.size() > begin) {
      out += ",\n";
    }
    out += "\\fB" + escaped(name) + "\\fP(" + std::to_string(number) + ")";
  };
  append("reeltally", 1);
  for (const cmd::CommandSpec& command : cmd::command_table()) {
    append(page_name(command), 1);
  }
  append("reeltally-config", 5);
  out.push_back('\n');
}

}  // namespace

std::string page_name(const cmd::CommandSpec& command) {
  std::string name = "reeltally-" + std::string(command.name);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string program_page(const Release& release) {
  std::string out = header("reeltally", 1, release);
  append_name(out, "reeltally", "batch job runner with a ledger for AI video tasks");
  append_section(out, "SYNOPSIS");
  out += "\\fBreeltally\\fP \\fICOMMAND\\fP [\\fIOPTIONS\\fP] [\\fIARGUMENTS\\fP]\n";
  append_section(out, "DESCRIPTION");
  append_text(
      out,
      "Queries the state of AI video tasks, keeps a complete record, downloads each "
      "finished video before its link expires, and makes billing reports of the record. Data "
      "goes to standard output, everything else to standard error.");
  append_section(out, "COMMANDS");
  for (const cmd::CommandSpec& command : cmd::command_table()) {
    out += ".TP\n" + reference(command) + "\n";
    append_text(out, command.summary);
  }
  append_section(out, "COMMON OPTIONS");
  for (const cmd::OptionSpec& option : cmd::option_table()) {
    if (option.group == cmd::OptionGroup::common) {
      append_option(out, option);
    }
  }
  append_exit_codes(out, {});
  append_environment(out);
  append_files(out);
  append_example(out, "reeltally run tasks.csv --output videos");
  append_see_also(out, "reeltally", 1);
  return out;
}

std::string command_page(const cmd::CommandSpec& command, const Release& release) {
  const std::string name = page_name(command);
  std::string out = header(name, 1, release);
  append_name(out, name, command.summary);
  append_section(out, "SYNOPSIS");
  out.append("\\fBreeltally ").append(command.name).append("\\fP [\\fIOPTIONS\\fP]");
  if (!command.arguments.empty()) {
    out.append(" \\fI").append(escaped(command.arguments)).append("\\fP");
  }
  out.push_back('\n');
  append_section(out, "DESCRIPTION");
  append_text(out, command.description);
  append_options(out, command.command);
  append_exit_codes(out, command.exit_codes);
  append_environment(out);
  append_files(out);
  append_example(out, command.example);
  append_see_also(out, name, 1);
  return out;
}

std::string config_page(const Release& release) {
  std::string out = header("reeltally-config", 5, release);
  append_name(out, "reeltally-config", "configuration file of reeltally");
  append_section(out, "DESCRIPTION");
  append_text(out,
              "A TOML file. Its keys are the long names of options; an unknown key is an error. "
              "Durations (`\"90s\"`, `\"36h\"`) and sizes (`\"4GiB\"`) are texts in quotes, flags "
              "are true or false, a list is an array of texts. An option or environment variable "
              "has precedence over the file. `reeltally config` shows every setting and where it "
              "comes from.");
  append_section(out, "KEYS");
  for (const cmd::OptionSpec& option : cmd::option_table()) {
    if (cmd::find_setting(option.name) != &option) {
      continue;
    }
    if (option.scope == cmd::OptionScope::setting) {
      append_item(out, option.name, cmd::option_description(option));
    }
  }
  append_section(out, "ACCOUNTS");
  append_text(out,
              "A table `[account.NAME]` defines the account that `--account NAME` (or a column "
              "`account` of "
              "the input) selects:");
  append_item(out, "base-url", "The account's gateway.");
  append_item(out, "api-key-file", "File with its API key, readable only by its owner.");
  append_item(out, "api-key-env", "Environment variable with its API key, instead of a file.");
  append_item(out, "user-token-file",
              "File with a user access token of the gateway, readable only by its owner.");
  append_item(out, "user-id", "The number of that user at the gateway.");
  append_item(out, "provider",
              "Who sells the services: the name that `report --format focus` gives. Usually "
              "AnyFast; the next three are usually the same.");
  append_item(out, "host-provider", "On whose infrastructure they run (FOCUS 1.3 and later).");
  append_item(out, "publisher", "Who makes them (FOCUS 1.2 and 1.3).");
  append_item(out, "invoice-issuer", "Who sends the invoice.");
  append_item(out, "account-name", "The account's name in FOCUS; usually NAME.");
  append_files(out);
  append_section(out, "EXAMPLES");
  out +=
      ".EX\noutput = \\(dq/srv/videos\\(dq\nconcurrency = 16\nwait = true\n\n"
      "[account.studio]\nbase\\-url = \\(dqhttps://gateway.example\\(dq\n"
      "api\\-key\\-file = \\(dq/etc/reeltally/studio.key\\(dq\n.EE\n";
  append_see_also(out, "reeltally-config", 5);
  return out;
}

}  // namespace packaging
