// Prepares the process: descriptors, umask, signals.
#pragma once

#include <cstdint>
#include <string>

namespace cmd {

/// Call first in main, once, before any thread or file:
///  - closed descriptors 0, 1, 2 become /dev/null, so that no other file gets their number and
///    receives messages; 1 is opened for reading only, so that writing data to it is an error;
///  - umask 077, no core dumps (both for the key and the signed URLs in our memory and files);
///  - as process 1 of a container, SIGINT and SIGTERM end it as they end any other process;
///  - SIGPIPE and SIGXFSZ are ignored: a closed pipe and a limit on the size of files are errors of
///    the write. Children inherit that.
/// Throws core::Error when /dev/null cannot be opened.
void prepare_process();

/// Raises the limit of open files to `wanted` if it is lower and can be raised. Returns the new
/// limit.
std::uint64_t allow_open_files(std::uint64_t wanted);

/// The name of this machine, for the record of a run.
[[nodiscard]] std::string host_name();

}  // namespace cmd
