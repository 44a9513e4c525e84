#include "core/files/sha256.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/error.h"
#include "core/text/hex.h"

namespace core {

struct Sha256::Context {
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* running = EVP_MD_CTX_new();

  Context() = default;
  ~Context() {
    EVP_MD_CTX_free(running);
    EVP_MD_free(algorithm);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  void start() {
    if (algorithm == nullptr || running == nullptr ||
        EVP_DigestInit_ex2(running, algorithm, nullptr) != 1) {
      throw Error("OpenSSL offers no SHA-256; check its configuration (OPENSSL_CONF)");
    }
  }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) { context_->start(); }

Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  if (EVP_DigestUpdate(context_->running, bytes.data(), bytes.size()) != 1) {
    throw Error("OpenSSL failed to hash");
  }
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest{};
  if (EVP_DigestFinal_ex(context_->running, digest.data(), nullptr) != 1) {
    throw Error("OpenSSL failed to hash");
  }
  context_->start();
  return digest;
}

Sha256Digest hmac_sha256(std::string_view key, std::string_view text) {
  Sha256Digest digest{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
           &size) == nullptr ||
      size != digest.size()) {
    throw Error("OpenSSL offers no HMAC-SHA256; check its configuration (OPENSSL_CONF)");
  }
  return digest;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hex(hash.finish());
}

std::string hex(const Sha256Digest& digest) { return hex(bytes_of(digest)); }

}  // namespace core
