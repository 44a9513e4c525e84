#include "cmd/cli/config_lookup.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "cmd/cli/file_trust.h"
#include "cmd/cli/option_name.h"
#include "core/error.h"
#include "core/files/descriptor.h"

namespace cmd {
namespace {

using core::UsageError;

constexpr std::size_t kConfigBytesMax = std::size_t{1} << 20U;

// An absolute path from an XDG variable; the XDG specification says to ignore any other.
std::optional<std::string> absolute_variable(const Environment& environment,
                                             std::string_view name) {
  auto path = variable(environment, name);
  if (path && path->front() != '/') {
    return std::nullopt;
  }
  return path;
}

// The file's text; none when there is no such file. Throws core::UsageError if it cannot be read.
std::optional<std::string> read_config_text(const std::string& path) {
  const core::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid() && (errno == ENOENT || errno == ENOTDIR)) {
    return std::nullopt;
  }
  if (!file.valid()) {
    throw UsageError("cannot open the configuration file " + path + ": " + core::errno_text(errno));
  }
  std::string text;
  std::string block(std::size_t{16} * 1024, '\0');
  ssize_t got = 0;
  while (text.size() <= kConfigBytesMax &&
         (got = ::read(file.number(), block.data(), block.size())) > 0) {
    text.append(block, 0, static_cast<std::size_t>(got));
  }
  if (got < 0) {
    throw UsageError("cannot read the configuration file " + path + ": " + core::errno_text(errno));
  }
  if (text.size() > kConfigBytesMax) {
    throw UsageError("the configuration file " + path + " is over " +
                     std::to_string(kConfigBytesMax >> 20U) + " MiB: is it the right file?");
  }
  return text;
}

std::optional<std::string> given_config(const CommandLine& line, const Environment& environment) {
  std::optional<std::string> path = variable(environment, "REELTALLY_CONFIG");
  for (const GivenOption& given : line.options) {
    if (given.option->name == AnyName("config").text()) {
      path = given.text;
    }
  }
  return path;
}

// The key that needs trust, and its line; empty if there is none.
std::string what_needs_trust(const ConfigFile& file) {
  for (const FileSetting& entry : file.settings) {
    if (entry.option->needs_trust) {
      return std::string(entry.option->name) + " (line " + std::to_string(entry.line) + ")";
    }
  }
  return file.accounts.empty() ? "" : "[account." + file.accounts.begin()->first + "]";
}

ConfigFile trusted_config(std::string_view text, const std::string& path) {
  ConfigFile file = parse_config(text, path);
  const std::string what = what_needs_trust(file);
  if (!what.empty() && is_anothers(path)) {
    throw UsageError("the configuration file " + path + " names " + what +
                     ", and belongs to another user, who could run programs or get the API key; "
                     "make it yours: chown $(id -un) " +
                     path);
  }
  const std::string writable = what.empty() ? "" : writable_by_others(path);
  if (!writable.empty()) {
    throw UsageError("the configuration file " + path + " names " + what +
                     ", and others than its owner can write " + writable +
                     ": they could run programs or get the API key; run: chmod go-w " + writable);
  }
  return file;
}

}  // namespace

std::optional<std::string> xdg_folder(const Environment& environment, std::string_view xdg_name,
                                      std::string_view below_home) {
  if (auto folder = absolute_variable(environment, xdg_name)) {
    return folder;
  }
  const auto home = absolute_variable(environment, "HOME");
  if (!home) {
    return std::nullopt;
  }
  return *home + std::string(below_home);
}

ConfigFile load_config(const CommandLine& line, const Environment& environment,
                       std::string_view system_config) {
  if (const auto path = given_config(line, environment)) {
    const auto text = read_config_text(*path);
    if (!text) {
      throw UsageError("there is no configuration file " + *path + " (--config)");
    }
    return trusted_config(*text, *path);
  }
  std::vector<std::string> places{std::string(system_config)};
  if (const auto folder = xdg_folder(environment, "XDG_CONFIG_HOME", "/.config")) {
    places.insert(places.begin(), *folder + "/reeltally/config.toml");
  }
  for (const std::string& path : places) {
    if (const auto text = read_config_text(path)) {
      return trusted_config(*text, path);
    }
  }
  return {};
}

}  // namespace cmd
