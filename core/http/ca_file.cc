#include "core/http/ca_file.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <new>

#include "core/error.h"
#include "core/files/descriptor.h"

namespace core {
namespace {

struct ContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

}  // namespace

std::string ca_file_failure(const std::string& path) {
  // OpenSSL gives no useful error for an unreadable file, and blocks on a FIFO.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!file.valid() || fstat(file.number(), &status) != 0) {
    return errno_text(errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return S_ISDIR(status.st_mode) ? "it is a folder" : "it is not a regular file";
  }
  // Read in the same way as by libcurl.
  const std::unique_ptr<SSL_CTX, ContextFree> context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) {
    throw std::bad_alloc();
  }
  const bool loaded = SSL_CTX_load_verify_file(context.get(), path.c_str()) == 1;
  bool no_memory = false;
  while (const unsigned long error = ERR_get_error()) {
    no_memory = no_memory || ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
  }
  if (no_memory) {
    throw std::bad_alloc();
  }
  return loaded ? "" : "it has no readable certificate (PEM is expected)";
}

}  // namespace core
