// The file of CA certificates that the user gives (--ca-file, SSL_CERT_FILE).
#pragma once

#include <string>

namespace core {

/// Why TLS cannot use the certificates of this file; empty if it can. Any thread.
[[nodiscard]] std::string ca_file_failure(const std::string& path);

}  // namespace core
