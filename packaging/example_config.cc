#include "packaging/example_config.h"

#include "cmd/cli/options.h"

namespace packaging {
namespace {

// The default in TOML, else a value of the right type for the user to replace.
std::string toml_value(const cmd::OptionSpec& option) {
  std::string text(option.default_value);
  switch (option.type) {
    case cmd::OptionType::flag:
      return "false";
    case cmd::OptionType::level:
      return "0";
    case cmd::OptionType::count:
      return text.empty() ? "2" : text;
    case cmd::OptionType::duration:
      return "\"" + (text.empty() ? "1h" : text) + "\"";
    case cmd::OptionType::size:
      return "\"" + (text.empty() ? "1GiB" : text) + "\"";
    case cmd::OptionType::choice:
      return "\"" + text + "\"";
    case cmd::OptionType::text:
    case cmd::OptionType::path:
      break;
  }
  if (text.empty()) {
    text = option.argument;
  }
  const std::string quoted = "\"" + text + "\"";
  return option.repeatable ? "[" + quoted + "]" : quoted;
}

}  // namespace

std::string example_config() {
  std::string out =
      "# Configuration of reeltally: /etc/reeltally/config.toml or\n"
      "# $XDG_CONFIG_HOME/reeltally/config.toml; reeltally-config(5) tells more.\n"
      "# Every setting there is. What begins with `#key` has no effect until the # is removed.\n";
  for (const cmd::OptionGroup group : cmd::option_groups()) {
    bool titled = false;
    for (const cmd::OptionSpec& option : cmd::option_table()) {
      if (option.group != group || option.scope != cmd::OptionScope::setting) {
        continue;
      }
      if (cmd::find_setting(option.name) != &option) {
        continue;
      }
      if (!titled) {
        out.append("\n# ").append(cmd::title(group)).append("\n");
      }
      titled = true;
      out.append("\n# ").append(option.help).append("\n");
      if (option.default_value.empty() && !option.default_note.empty()) {
        out.append("# Without it: ").append(option.default_note).append(".\n");
      }
      out.append("#").append(option.name).append(" = ").append(toml_value(option)).append("\n");
    }
  }
  return out +
         "\n# Accounts: what --account NAME or a column `account` of the input chooses. TOML does "
         "not\n"
         "# allow them beside the key `account` above.\n\n"
         "#[account.NAME]\n"
         "#base-url = \"https://gateway.example\"\n"
         "#api-key-file = \"/etc/reeltally/NAME.key\"\n"
         "#user-token-file = \"/etc/reeltally/NAME.token\"\n"
         "#user-id = 2\n"
         "# Names for `report --format focus`; publisher and host-provider, too.\n"
         "#provider = \"AnyFast\"\n"
         "#invoice-issuer = \"AnyFast\"\n"
         "#account-name = \"NAME\"\n";
}

}  // namespace packaging
