// The file of CA certificates that a user names (--ca-file, SSL_CERT_FILE).
#pragma once

#include <string>

namespace core {

/// Why TLS cannot trust the certificates of this file; empty: it can. Any thread.
[[nodiscard]] std::string ca_file_failure(const std::string& path);

}  // namespace core
