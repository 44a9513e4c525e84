// Run by the build: writes the manual pages, completions, reference and example configuration into
// a folder.
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

#include "packaging/completions.h"
#include "packaging/example_config.h"
#include "packaging/man_pages.h"
#include "packaging/reference.h"

namespace {

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) {
    throw std::runtime_error("cannot write " + path.string());
  }
}

void write_all(const std::filesystem::path& folder) {
  constexpr packaging::Release kRelease{REELTALLY_VERSION, REELTALLY_DATE};
  write(folder / "man1/reeltally.1", packaging::program_page(kRelease));
  for (const cmd::CommandSpec& command : cmd::command_table()) {
    write(folder / "man1" / (packaging::page_name(command) + ".1"),
          packaging::command_page(command, kRelease));
  }
  write(folder / "man5/reeltally-config.5", packaging::config_page(kRelease));
  write(folder / "completions/reeltally.bash", packaging::bash_completion());
  write(folder / "completions/_reeltally", packaging::zsh_completion());
  write(folder / "completions/reeltally.fish", packaging::fish_completion());
  write(folder / "reference.md", packaging::reference_page());
  write(folder / "config.toml", packaging::example_config());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) {
      throw std::runtime_error("usage: packaging FOLDER");
    }
    write_all(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "packaging: " << error.what() << "\n";
    return 1;
  }
}
